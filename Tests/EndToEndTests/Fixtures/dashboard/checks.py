"""What a page must have so that it can be read and used by anyone; each fails with what is wrong."""

# Names, headings, labels, ids, and contrast of what is seen (WCAG 2.2: 4.5 to 1, large text 3 to 1).
AUDIT = r"""
() => {
  const faults = [];
  const fault = (what, element) => faults.push(what + ": " + (element?.outerHTML ?? "").slice(0, 160));
  const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  if (!document.documentElement.lang) fault("no language");
  if (!document.title.trim()) fault("no title");
  if (document.querySelectorAll("h1").length !== 1) fault("not one h1");
  if (document.querySelectorAll("main").length !== 1) fault("not one main");
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const own = Number(heading.localName[1]);
    if (own > level + 1) fault("a level of headings is left out", heading);
    level = own;
  }
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) fault("an id comes twice", element);
    ids.add(element.id);
  }
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(" ")) if (!ids.has(id)) fault("no such id " + id, element);
    }
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!field.labels.length && !field.ariaLabel) fault("no label", field);
  }
  for (const element of document.querySelectorAll("a, button, summary")) {
    if (!element.textContent.trim() && !element.ariaLabel) fault("no name", element);
  }
  for (const svg of document.querySelectorAll("svg:not([aria-hidden])")) {
    if (svg.getAttribute("role") !== "img" || !svg.querySelector("title")) fault("a picture without words", svg);
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption || !table.querySelector("th[scope=col]")) fault("a table without caption or headings", table);
  }
  if (document.querySelector("[style], style")) fault("style within the page", document.querySelector("[style], style"));

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(element) || element.closest("svg, .unseen, option, script")) continue;
    const style = getComputedStyle(element);
    const [fore, back] = [luminance(rgba(style.color)), luminance(background(element))];
    const ratio = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const key = style.color + background(element);
    if (ratio < (isLarge ? 3 : 4.5) && !told.has(key)) {
      told.add(key);
      fault(`contrast ${ratio.toFixed(2)}`, element);
    }
  }
  return faults;
}
"""


def page(page):
    faults = page.evaluate(AUDIT)
    assert not faults, page.url + "\n" + "\n".join(faults)


def fits(page):
    """What is wide scrolls within itself."""
    wide, room = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= room + 1, f"{page.url} is {wide} wide in {room}"


def focus(page):
    """What has the focus is seen to have it."""
    outline = page.evaluate(
        """() => {
          const element = document.activeElement;
          if (element === document.body) return "";
          const style = getComputedStyle(element);
          return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 ? "" : element.outerHTML.slice(0, 160);
        }"""
    )
    assert not outline, "the focus is not seen: " + outline
