"""The site's factory: the only list of what the site consists of."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import load_settings

if TYPE_CHECKING:
    from flask import Flask

# Modules with `init_app(app)`, in the order of the layers (docs/architecture.md): each connects its own views,
# commands and template globals.
PARTS = (
    "sets.observing",
    "sets.database",
    "sets.languages",
    "sets.dates",
    "sets.bell",
    "sets.extensions",
    "sets.migrating",
    "sets.limiting",
    "sets.http",
    "sets.assets",
    "sets.installation",
    "sets.mailing.models",
    "sets.mailing.letterhead",
    "sets.staff.models",
    "sets.staff.sign_in_views",
    "sets.staff.account_views",
    "sets.staff.invitation_views",
    "sets.staff.alarm_views",
    "sets.staff.team_views",
    "sets.staff.accounts_commands",
    "sets.staff.outbox_views",
    "sets.staff.readiness_views",
    "sets.staff.activity_views",
    "sets.catalogue.models",
    "sets.catalogue.showing",
    "sets.catalogue.page_cache",
    "sets.catalogue.public_views",
    "sets.catalogue.training_views",
    "sets.catalogue.text_views",
    "sets.catalogue.activity_words",
    "sets.questionnaires.models",
    "sets.questionnaires.types",
    "sets.questionnaires.building",
    "sets.questionnaires.activity_words",
    "sets.questionnaires.question_views",
    "sets.questionnaires.version_views",
    "sets.registration.models",
    "sets.registration.desk_models",
    "sets.registration.activity_words",
    "sets.registration.touched",
    "sets.registration.answer_counts",
    "sets.registration.public_views",
    "sets.registration.learner_views",
    "sets.registration.objection_views",
    "sets.registration.reminder_letters",
    "sets.registration.waiting_views",
    "sets.registration.feed_views",
    "sets.registration.change_views",
    "sets.registration.details_views",
    "sets.registration.own_views",
    "sets.registration.address_views",
    "sets.registration.staff_views",
    "sets.registration.export_views",
    "sets.registration.adding_views",
    "sets.registration.importing_views",
    "sets.registration.return_views",
    "sets.registration.note_views",
    "sets.registration.tag_views",
    "sets.registration.view_views",
    "sets.registration.many_views",
    "sets.registration.duplicate_views",
    "sets.registration.step_views",
    "sets.registration.decision_views",
    "sets.registration.queue_views",
    "sets.registration.series_views",
    "sets.registration.session_views",
    "sets.registration.attendance_views",
    "sets.registration.commands",
    "sets.campaigns.models",
    "sets.campaigns.letters",
    "sets.campaigns.news_views",
    "sets.campaigns.progress_views",
    "sets.campaigns.recipient_views",
    "sets.campaigns.matrix_views",
    "sets.campaigns.trying",
    "sets.campaigns.check_views",
    "sets.campaigns.activity_words",
    "sets.campaigns.answer_mentions",
    "sets.campaigns.campaign_views",
    "sets.campaigns.audience_views",
    "sets.campaigns.chosen_views",
    "sets.protection.models",
    "sets.protection.messages",
    "sets.protection.activity_words",
    "sets.protection.privacy_views",
    "sets.protection.erasure_views",
    "sets.figures.figures_views",
    "sets.figures.report_views",
    "sets.pages.messages",
    "sets.pages.health_views",
    "sets.pages.public_views",
    "sets.pages.staff_views",
    "sets.pages.settings_views",
    "sets.pages.catalogue_commands",
    "sets.commands",
)


def create_app(settings: Mapping[str, Any] | None = None, **overrides: Any) -> Flask:
    """Return the site, configured from `settings` (full names, SETS_…; default: the environment).

    `overrides` are Flask settings, for tests. Raises SettingRefused when a setting is missing or malformed.
    """
    from flask import Flask

    from . import templating

    values = load_settings(settings)
    app = Flask(__name__, instance_path=values["INSTANCE_PATH"], static_folder=None)
    app.config.from_mapping(values, **overrides)
    # For the commands that make a throw-away site beside this one.
    app.extensions["factory"] = create_app
    app.jinja_environment = templating.Environment
    app.jinja_options = templating.options(Path(values["INSTANCE_PATH"]))
    for name in PARTS:
        module = import_module(name)
        if hasattr(module, "init_app"):
            module.init_app(app)
    return app
