"""Static files: bundled, hashed, compressed, written once by several workers, kept for cached pages."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import brotli
import pytest
from flask import Flask

from sets import assets


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    for name, text in {
        "css/public/10-second.css": "b { color: red }",
        "css/public/00-first.css": "/* why */ a::before { content: '{ ;  }' }",
        "js/zone.js": "let a = 1;\n",
        "img/dot.svg": "<svg/>",
        "root/robots.txt": "User-agent: *\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    folder = tmp_path / "instance"
    folder.mkdir()
    return folder


def test_a_folder_of_css_becomes_one_file_in_the_order_of_its_names(source: Path, instance: Path) -> None:
    names = assets.prepare(source, instance)
    assert set(names) == {"css/public.css", "js/zone.js", "img/dot.svg"}
    content = (instance / "assets" / names["css/public.css"]).read_bytes()
    assert content == b"a::before{content: '{ ;  }'}b{color: red}"
    assert brotli.decompress((instance / "assets" / f"{names['css/public.css']}.br").read_bytes()) == content


def test_a_name_changes_with_the_content_and_only_then(source: Path, instance: Path) -> None:
    first = assets.prepare(source, instance)
    os.utime(source / "js/zone.js")
    assert assets.prepare(source, instance) == first
    (source / "js/zone.js").write_text("let a = 2;\n")
    second = assets.prepare(source, instance)
    assert second["js/zone.js"] != first["js/zone.js"]
    assert second["css/public.css"] == first["css/public.css"]


def test_a_start_without_changes_writes_nothing(source: Path, instance: Path) -> None:
    names = assets.prepare(source, instance)
    written = {path: path.stat().st_mtime_ns for path in instance.rglob("*") if path.is_file()}
    assert assets.prepare(source, instance) == names
    assert {path: path.stat().st_mtime_ns for path in instance.rglob("*") if path.is_file()} == written


def test_a_lost_copy_is_written_again(source: Path, instance: Path) -> None:
    names = assets.prepare(source, instance)
    shutil.rmtree(instance / "assets")
    assert assets.prepare(source, instance) == names
    assert (instance / "assets" / names["js/zone.js"]).read_text() == "let a = 1;\n"


def test_files_of_earlier_versions_stay_for_a_while_and_then_go(source: Path, instance: Path) -> None:
    old = instance / "assets" / assets.prepare(source, instance)["js/zone.js"]
    (source / "js/zone.js").write_text("let a = 2;\n")
    assets.prepare(source, instance)
    assert old.exists()
    long_ago = time.time() - assets.RETIRED_FOR - 60
    os.utime(old, (long_ago, long_ago))
    (source / "js/zone.js").write_text("let a = 3;\n")
    current = assets.prepare(source, instance)["js/zone.js"]
    assert not old.exists()
    assert (instance / "assets" / current).exists()


def test_workers_that_start_at_once_serve_the_same_whole_files(instance: Path) -> None:
    starts = multiprocessing.get_context("spawn")
    with starts.Pool(3) as pool:
        found = pool.map(_public_css, [str(instance)] * 6)
    assert len(set(found)) == 1
    assert not [path for path in (instance / "assets").rglob(".*") if path.is_file()], "a draft was left"


def test_a_hashed_file_is_kept_for_ever_and_others_for_a_day(instance: Path) -> None:
    app = _site(instance)
    with app.app_context():
        address = assets.asset_url("css/public.css")
    answer = app.test_client().get(address, headers={"Accept-Encoding": "br"}, buffered=True)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.data) < 8_000, "the style sheet of the public pages has grown heavy"
    icon = app.test_client().get("/favicon.ico", buffered=True)
    assert (icon.status_code, icon.mimetype) == (200, "image/x-icon")
    assert "max-age=86400" in icon.headers["Cache-Control"]


def test_an_unknown_name_is_refused_with_the_names_there_are(instance: Path) -> None:
    with _site(instance).app_context(), pytest.raises(LookupError, match=r"css/public\.css"):
        assets.asset_url("css/publik.css")


def _site(instance: Path) -> Flask:
    app = Flask("site", instance_path=str(instance), static_folder=None)
    assets.init_app(app)
    return app


def _public_css(instance: str) -> tuple[str, bytes]:
    app = _site(Path(instance))
    with app.app_context():
        address = assets.asset_url("css/public.css")
    return address, app.test_client().get(address, buffered=True).data
