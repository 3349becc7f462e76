#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""shoot.py PAGE PICTURE [dark] [narrow] [print] [open=ID] [tall=PIXELS]: a page as a browser shows it, as PNG

The whole of it, or the topmost PIXELS; with `print` a PDF, as paper has it. ID is a workload that is opened and shown
(w1 is the riskiest). The same page and the same browser make the same picture.
"""
import base64
import sys

from browser import Browser, Page


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    path, picture, *words = sys.argv[1:]
    said = dict(word.split("=") for word in words if "=" in word)
    width = 380 if "narrow" in words else 1280
    browser = Browser()
    page = Page(browser, path, "dark" if "dark" in words else "light", width=width, height=900)
    top = 0
    if "open" in said:
        page.run(f"document.getElementById('{said['open']}').open = true")
        top = page.run(f"document.getElementById('{said['open']}').getBoundingClientRect().top + scrollY - 12")
    if "print" in words:
        data = page.call("Page.printToPDF", preferCSSPageSize=True)["data"]
    else:
        height = int(said.get("tall", page.run("document.documentElement.scrollHeight")))
        clip = {"x": 0, "y": top, "width": width, "height": height, "scale": 1}
        data = page.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
    with open(picture, "wb") as f:
        f.write(base64.b64decode(data))
    browser.close()


main()
