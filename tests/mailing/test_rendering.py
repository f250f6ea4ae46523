"""Mails in the receiver's language, as text and HTML, with the links of their receiver only."""

from __future__ import annotations

import re

import pytest

from sets.mailing import claims, kinds, letterhead
from sets.mailing.links import Links, page_url
from sets.mailing.rendering import preview, render
from tests.mailing import probe

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def posted(**facts):
    probe.post("ana@example.org", **facts)
    return claims.claim("one/0", 1)[0]


class Programme:
    name, full_name, operator = "Académie", "Académie de l’Est", "Coop"
    contact_email, funder, grant = "bonjour@example.org", "eu", "1"


def test_styles_stand_in_the_elements_and_the_dark_ones_in_the_head(site):
    _, _, html = preview(posted(poster=True))
    assert 'class="sheet" style="background: #fffcf5' in html
    assert "prefers-color-scheme: dark" in html
    assert "Understanding" in html
    assert "<script" not in html


def test_what_people_typed_is_text_in_the_html_and_itself_in_the_text(site):
    mail = render(posted(what='<a href="x">A&B</a>'))
    _, text, html = preview(mail.posted)
    assert "&lt;a href=" in html
    assert '<a href="x">A&B</a>' in text


def test_the_language_of_a_mail_is_its_receivers(site):
    with site.test_request_context("/en/"):
        assert render(posted(language="fr")).envelope.content.count(b'lang=3D"fr"') == 1


def test_blank_lines_of_a_template_do_not_pile_up(site):
    _, text, _ = preview(posted(what="One"))
    assert text == "One\n\nYour page: http://localhost/my/•••\n. a line that begins with a dot\n"


def test_the_emblem_goes_where_the_union_pays(site):
    letterhead.tell(site, Programme)
    mail = render(posted())
    assert b"Content-ID: <eu-emblem@mail>" in mail.envelope.content
    assert b"Reply-To: bonjour@example.org" in mail.envelope.content
    assert mail.envelope.sender == "bonjour@example.org"
    site.config["MAIL_DEFAULT_SENDER"] = "The team <team@example.org>"
    assert render(mail.posted).envelope.sender == "team@example.org"


def test_before_a_catalogue_there_is_a_sender_all_the_same(site):
    mail = render(posted())
    assert b"eu-emblem" not in mail.envelope.content
    assert mail.envelope.sender.endswith("@localhost")


def test_no_remote_picture_and_no_script_reach_a_reader(site):
    letterhead.tell(site, Programme)
    _, _, html = preview(posted(poster=True))
    assert re.findall(r'src="([^"]*)"', html) == ["cid:eu-emblem@mail"]
    assert "url(" not in html
    assert 'alt="' in html


def test_a_kind_whose_text_is_nobodys_to_read_keeps_none(site):
    kinds.register("probe_secret", _secret_compose, keeps_text=False)
    with probe.transaction():
        probe.outbox.post("probe_secret", to="a@example.org", language="en", priority=10)
    ready = render(claims.claim("two/0", 1)[0])
    assert ready.text is None
    assert ready.subject


def test_links_stand_on_the_configured_address_in_the_language_spoken(site):
    from sets.languages import speaking

    site.config["BASE_URL"] = "https://trainings.example.org/sets"
    with site.test_request_context("/", headers={"Host": "evil.example"}), speaking("it"):
        assert page_url("health.show_health") == "https://trainings.example.org/sets/healthz"


def test_a_link_is_filled_for_its_receiver_and_masked_for_everybody_else(site):
    links = Links()
    link = links.hide("https://example.org/my/s3cret?a=1&b=2", "s3cret")
    assert links.filled(f"see {link}") == "see https://example.org/my/s3cret?a=1&b=2"
    assert links.filled(f'<a href="{link}">', html=True).endswith('s3cret?a=1&amp;b=2">')
    assert links.masked(f"see {link}") == "see https://example.org/my/•••?a=1&b=2"
    assert "s3cret" not in str(link)


def test_two_capabilities_cannot_share_a_kind(site):
    kinds.register("probe_secret", _secret_compose, keeps_text=False)
    with pytest.raises(ValueError, match="probe_secret"):
        kinds.register("probe_secret", probe.compose)


def _secret_compose(posted, links):
    return kinds.Letter(context={"what": "A", "link": "b"}, template="probe")
