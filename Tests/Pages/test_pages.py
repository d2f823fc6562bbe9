#!/usr/bin/env python3
"""Uses the pages of sedge as a reader does, in Chromium: Scripts/test-pages.sh runs it.

Every page is opened without a network, by mouse and by keyboard, wide and on a phone, light and dark, without its script, and on paper.
A message on the console, a request, a fault that axe-core calls serious or critical, or a page wider than its window is a failure.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HOSTILE = "</script><img src=x onerror=\"window.pwned=1\">\u202egnp.exe"


def fixture(name):
    return os.path.join(ROOT, "Fixtures", name)


class Pages:
    """The pages of every command, made with the program under test."""

    def __init__(self, sedge, folder):
        self.sedge, self.folder = os.path.abspath(sedge), folder
        self.make()

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, codes=(0,), output=None):
        out = open(self.path(output), "w") if output else subprocess.DEVNULL
        done = subprocess.run([self.sedge, *words], cwd=self.folder, stdout=out, stderr=subprocess.PIPE, text=True)
        if done.returncode not in codes:
            sys.exit(f"sedge {' '.join(words)}: {done.returncode}\n{done.stderr}")

    def make(self):
        source = fixture("shapes/sed_shapes.h5")
        options = ["--text-heads", "4", "--resolution", "256", "--templates", fixture("shapes/templates.json")]
        classes = ["--classes", fixture("shapes/classes.json")]
        pictures = fixture("pictures")
        self.run("convert", source, "-o", "int4.sedge", "--quantize", "int4", "--top-k", "2", *options, *classes)
        self.run("convert", source, "-o", "float.sedge", *options, *classes)
        self.run("verify", "int4.sedge", "--against", source, "--images", pictures, "--html", "verify.html", "--json", output="verify.json")
        self.run("verify", "int4.sedge", "--against", source, "--images", pictures, "--threshold", "labels=1", "--threshold",
                 "tensor-rms=0.001", "--html", "failed.html", codes=(1,))
        self.run("evaluate", "float.sedge", "int4.sedge", "--images", pictures, "--labels", pictures, *classes, "--html", "evaluate.html",
                 "-o", "evaluate.json")
        self.run("sweep", source, "--images", pictures, "--labels", pictures, *classes, "--forms", "f16,int8,int4,int2,rtn4",
                 "--html", "sweep.html", *options)
        self.run("inspect", "int4.sedge", "--stats", "--html", "inspect.html")
        self.run("report", "verify.json", "--html", "saved.html")
        with open(self.path("verify.json")) as file:
            report = json.load(file)
        with open(self.path("hostile.json"), "w") as file:
            json.dump(self.hostile(report), file)
        self.run("report", "hostile.json", "--html", "hostile.html")

    def hostile(self, value, key=None):
        """The report with something hostile in every text but those that say what it is."""
        if isinstance(value, dict):
            return {k: self.hostile(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.hostile(item, key) for item in value]
        return value + HOSTILE if isinstance(value, str) and key != "report" else value


class Reader:
    """A reader of pages, who notes what goes wrong."""

    def __init__(self, browser, pages):
        self.browser, self.pages, self.faults, self.checks = browser, pages, [], 0

    def check(self, holds, what):
        self.checks += 1
        if not holds:
            self.faults.append(f"{self.name}: {what}")
            print(f"FAULT {self.name}: {what}")

    def open(self, name, size=WIDE, scheme="light", script=True):
        self.name = f"{name}, {size['width']} pixels, {scheme}" + ("" if script else ", no script")
        context = self.browser.new_context(viewport=size, color_scheme=scheme, java_script_enabled=script, offline=True)
        page = context.new_page()
        page.on("console", lambda message: self.check(False, f"console: {message.text}"))
        page.on("pageerror", lambda error: self.check(False, f"error: {error}"))
        page.on("request", lambda request: self.check(request.url.startswith(("file:", "data:")), f"request: {request.url[:80]}"))
        page.goto("file://" + self.pages.path(name))
        return page

    # What holds for every page.

    def look(self, name):
        size = os.path.getsize(self.pages.path(name))
        self.name = name
        self.check(size < 20_000_000, f"{size} bytes")
        for window, scheme in [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light"), (PHONE, "dark")]:
            page = self.open(name, window, scheme)
            width = page.evaluate("document.documentElement.scrollWidth")
            self.check(width <= window["width"], f"is {width} pixels wide")
            # Colours are those of the theme, the layout is that of the width: two of four windows have all of both.
            found = Axe().run(page).response["violations"] if (window is WIDE) == (scheme == "light") else []
            for violation in found:
                nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:2])
                serious = violation["impact"] in ("serious", "critical")
                self.check(not serious, f"axe: {violation['id']}, {violation['impact']}: {violation['help']}: {nodes}")
            links = page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))")
            missing = page.evaluate("links => links.filter(l => !document.getElementById(l.slice(1)))", sorted(set(links)))
            self.check(not missing, f"links lead nowhere: {missing[:3]}")
            page.context.close()
        page = self.open(name, script=False)
        self.check(page.locator("h1").is_visible() and page.locator("main section").count() > 3, "nothing to see without the script")
        rows = page.locator("#tensors tbody tr")
        self.check(rows.count() == 0 or rows.last.is_visible(), "a table is not whole without the script")
        page.context.close()
        page = self.open(name)
        printed = page.pdf()
        self.check(printed.startswith(b"%PDF") and len(printed) > 10_000, "does not print")
        self.theme(page)
        self.tables(page)
        page.context.close()

    def theme(self, page):
        color = lambda: page.evaluate("getComputedStyle(document.body).backgroundColor")
        button, before = page.locator("#theme"), color()
        button.click()
        self.check(color() != before and button.get_attribute("aria-pressed") == "true", "the switch does not make it dark")
        button.click()
        self.check(color() == before, "the switch does not make it light again")

    def tables(self, page):
        for index in range(page.locator("table.sortable").count()):
            table = page.locator("table.sortable").nth(index)
            heads = table.locator("thead th")
            for column in range(heads.count()):
                head = heads.nth(column)
                values = lambda: table.evaluate(
                    "(table, c) => [...table.tBodies[0].rows].map(r => r.cells[c].dataset.v ?? r.cells[c].textContent.trim())", column)
                if "number" not in (head.get_attribute("class") or ""):
                    continue
                before = values()
                head.locator("button").evaluate("button => button.click()")
                numbers = [float(v) for v in values() if v not in ("", "nan")]
                self.check(head.get_attribute("aria-sort") == "descending" and numbers == sorted(numbers, reverse=True),
                           f"table {index}, column {column}: not sorted")
                head.locator("button").evaluate("button => button.click()")
                numbers = [float(v) for v in values() if v not in ("", "nan")]
                self.check(numbers == sorted(numbers), f"table {index}, column {column}: not sorted upward")
                head.locator("button").evaluate("button => button.click()")
                self.check(values() == before and head.get_attribute("aria-sort") is None, f"table {index}: not as before")

    # What holds for some.

    def search(self):
        page = self.open("verify.html")
        field = page.locator("#tensors input[type=search]")
        rows = page.locator("#tensors tbody tr:visible")
        everything = page.locator("#tensors tbody tr").count()
        button = page.locator("#tensors button.all")
        self.check(rows.count() == 10 and button.text_content() == f"all {everything}", f"{rows.count()} rows of a long table")
        button.click()
        self.check(rows.count() == everything, "a long table does not show all its rows")
        button.click()
        field.fill("decoder3 weight")
        names = rows.evaluate_all("rows => rows.map(r => r.textContent)")
        self.check(0 < len(names) < everything and all("decoder3" in n and "weight" in n for n in names), f"finds {len(names)} rows")
        self.check(page.locator("#tensors output").text_content() == f"{len(names)} of {everything}", "counts otherwise")
        # A layer that the search has hidden is shown where the chart leads to it.
        page.locator("a.layer").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(100)
        self.check(page.locator("tr:target").is_visible(), "a layer does not lead to its tensor")
        self.check(field.input_value() == "", "the search is not cleared")
        page.context.close()

    def chart(self):
        page = self.open("verify.html")
        stops = page.locator("a.layer[tabindex='0']")
        self.check(stops.count() == 1, f"the chart is {stops.count()} stops of the tab key")
        stops.focus()
        texts = []
        for key in ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home"]:
            page.keyboard.press(key)
            texts.append(page.locator("#layers .readout").text_content())
        self.check(texts[0] == texts[2] and texts[0] != texts[1] and len(set(texts)) == 4, "arrow keys do not move")
        self.check("local" in texts[1] or "exact" in texts[1], f"says {texts[1]}")
        # The points are where the figures are: of two layers the one with the larger error is higher.
        report = json.load(open(self.pages.path("verify.json")))
        errors = [layer["local"] for layer in report["reports"][0]["layers"]]
        heights = page.eval_on_selector_all("a.layer circle", "circles => circles.map(c => Number(c.getAttribute('cy')))")
        order = sorted(range(len(errors)), key=lambda i: -errors[i])
        self.check(len(heights) == len(errors) and all(heights[a] <= heights[b] for a, b in zip(order, order[1:])), "points are elsewhere")
        page.context.close()

    def architecture(self):
        page = self.open("verify.html")
        color = lambda: page.eval_on_selector_all("a.cell", "cells => cells.map(c => getComputedStyle(c).backgroundColor).join()")
        seen = set()
        for choice in page.locator(".choice input").all():
            choice.check()
            seen.add(color())
        self.check(len(seen) == page.locator(".choice input").count() >= 3, "another figure does not change the colours")
        cell = page.locator("a.cell").nth(5)
        cell.hover()
        self.check("error" in page.locator(".model .readout").text_content(), "says nothing of the cell")
        page.context.close()

    def pictures(self, name, titles):
        page = self.open(name)
        viewer = page.locator(".viewer")
        left, right = viewer.locator("select").nth(0), viewer.locator("select").nth(1)
        self.check(left.locator("option").all_text_contents() == titles, f"views {left.locator('option').all_text_contents()}")
        stage, over = viewer.locator(".stage"), viewer.locator("img.over:not(.photo)")
        clip = lambda: over.evaluate("image => image.style.clipPath")
        slider = viewer.locator(".slider")
        before = clip()
        slider.focus()
        for _ in range(10):
            page.keyboard.press("ArrowRight")
        self.check(clip() != before and "60%" in clip(), f"the slider by keyboard: {clip()}")
        # Below the bar at the top of the page, and again while parts above it are still laid out.
        for _ in range(50):
            stage.evaluate("stage => scrollBy({top: stage.getBoundingClientRect().top - 100, behavior: 'instant'})")
            page.wait_for_timeout(100)
            box = stage.bounding_box()
            if abs(box["y"] - 100) < 2:
                break
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 40)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 40, steps=5)
        page.mouse.up()
        for _ in range(50):
            if "25%" in clip() or "24.9" in clip():
                break
            page.wait_for_timeout(100)
        self.check("25%" in clip() or "24.9" in clip(), f"the slider by mouse: {clip()}")
        for label in ["input", titles[-1]]:
            before = viewer.locator("img.under").get_attribute("src")
            left.select_option(label=label)
            self.check(viewer.locator("img.under").get_attribute("src") != before, f"{label} is not shown")
        page.wait_for_timeout(300)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        said = viewer.locator(".readout").text_content()
        self.check(all(f"{title}: " in said for title in titles[1:3]) and "no class" not in said, f"says {said}")
        viewer.get_by_label("Zoom in").click()
        stage.focus()
        page.keyboard.press("+")
        zoom = float(stage.get_attribute("data-zoom"))
        self.check(abs(zoom - 2.25) < 0.01, f"zoom {zoom}")
        moved = lambda: viewer.locator(".canvas").evaluate("canvas => canvas.style.transform")
        before = moved()
        page.keyboard.press("ArrowRight")
        self.check(moved() != before, "arrow keys do not move the picture")
        viewer.get_by_label("Whole picture").click()
        self.check(float(stage.get_attribute("data-zoom")) == 1, "is not whole again")
        thumbs = viewer.locator(".thumb")
        before = viewer.locator(".side h3").text_content()
        thumbs.nth(1).click()
        self.check(viewer.locator(".side h3").text_content() != before, "another picture is not shown")
        page.context.close()

    def keyboard(self):
        page = self.open("verify.html")
        page.keyboard.press("Tab")
        self.check(page.evaluate("document.activeElement.className") == "skip", "the first stop is not the way to the verdict")
        stops = []
        for _ in range(300):
            page.keyboard.press("Tab")
            stop = page.evaluate("(document.activeElement.id || document.activeElement.className.baseVal || document.activeElement.className || document.activeElement.tagName)")
            if stop == "BODY":
                break
            stops.append(stop)
            visible = page.evaluate("(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' || document.activeElement.matches('a.layer, option'); })()")
            self.check(visible, f"the stop {stop} is not seen")
        self.check({"theme", "slider", "layer", "stage"} <= set(stops), f"not reached by keyboard: {set(stops)}")
        self.check(len(stops) < 120, f"{len(stops)} stops")
        page.context.close()

    def hostile(self):
        page = self.open("hostile.html")
        page.wait_for_timeout(200)
        self.check(page.evaluate("window.pwned") is None, "a name ran")
        self.check(page.locator("img[src='x']").count() == 0, "a name made an element")
        text = page.locator("h1").text_content()
        self.check("onerror" in text and "\u202e" not in text and "\\u{202E}" in text, f"the name is not shown as it is: {text}")
        page.context.close()

    def screenshots(self, folder):
        os.makedirs(folder, exist_ok=True)
        for file, name, size, scheme, place in [
            ("verify.png", "verify.html", WIDE, "light", None), ("verify-layers.png", "verify.html", WIDE, "dark", "#layers"),
            ("verify-pictures.png", "verify.html", WIDE, "light", "#pictures"), ("evaluate.png", "evaluate.html", WIDE, "light", None),
            ("evaluate-dark.png", "evaluate.html", WIDE, "dark", "#confusion"), ("inspect.png", "inspect.html", WIDE, "light", "#model"),
            ("inspect-phone.png", "inspect.html", PHONE, "light", None), ("verify-phone.png", "verify.html", PHONE, "dark", None),
            ("sweep.png", "sweep.html", WIDE, "light", None), ("failed.png", "failed.html", WIDE, "light", None),
        ]:
            page = self.open(name, size, scheme)
            if place:
                page.evaluate("place => document.querySelector(place).scrollIntoView({behavior: 'instant'})", place)
            page.wait_for_timeout(300)
            page.screenshot(path=os.path.join(folder, file))
            page.context.close()


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--sedge", required=True)
    a.add_argument("--browser", required=True)
    a.add_argument("--screenshots", help="write screenshots to this folder")
    args = a.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = Pages(args.sedge, folder)
        browser = playwright.chromium.launch(executable_path=args.browser, args=["--no-sandbox"])
        reader = Reader(browser, pages)
        for name in ["verify.html", "failed.html", "evaluate.html", "sweep.html", "inspect.html", "saved.html", "hostile.html"]:
            reader.look(name)
        reader.search()
        reader.chart()
        reader.architecture()
        reader.pictures("verify.html", ["input", "source", "result", "difference", "confidence"])
        reader.pictures("evaluate.html", ["input", "truth", "float.sedge", "int4.sedge", "difference"])
        reader.keyboard()
        reader.hostile()
        if args.screenshots:
            reader.screenshots(args.screenshots)
        browser.close()
    print(f"{reader.checks} checks of 7 pages, {len(reader.faults)} faults, {time.monotonic() - start:.0f} s")
    return 1 if reader.faults else 0


if __name__ == "__main__":
    sys.exit(main())
