"""Graphviz's SVG as a part of a page: what a file has and an element has not goes, and everything drawn can be found.

Knows how the programs write SVG. Must not know what a node stands for: a node is called what its DOT text calls it.
"""

from __future__ import annotations

from xml.etree import ElementTree

from autograd_lite.show.picture.style import FAINT

_NAMESPACE = "{http://www.w3.org/2000/svg}"
Element = ElementTree.Element


def element(picture: bytes) -> str:
    """The `<svg>` of a file as an element of HTML.

    Each node and cluster carries its name as `data-node`, each edge its ends as `data-from` and `data-to`; the text of
    a node stands about its middle, and what is faint in print is of the class `faint`.

    >>> from autograd_lite.show.page import svg
    >>> from autograd_lite.show.picture import engine
    >>> 'class="edge" data-from="a" data-to="b"' in svg.element(engine.render("digraph { a -> b }", "svg"))
    True
    """
    root = ElementTree.fromstring(picture)  # noqa: S314 - the engine wrote it, from names that were escaped
    for each in root.iter():
        each.tag = each.tag.removeprefix(_NAMESPACE)
    for group in root.iter("g"):
        _name(group)
        if group.get("class") == "node":
            _centre(group)
    for text in root.iter("text"):
        if text.get("fill", "").upper() == FAINT:
            text.set("class", "faint")
    return ElementTree.tostring(root, encoding="unicode")


def _name(group: Element) -> None:
    """What a group is, in attributes instead of its number and its title."""
    kind, title = group.get("class", ""), group.find("title")
    name = title.text or "" if title is not None else ""
    if title is not None:
        group.remove(title)
    group.attrib.pop("id", None)
    if kind == "edge":
        start, _, end = name.partition("->")
        group.attrib |= {"data-from": start, "data-to": end}
    elif kind in ("node", "cluster"):
        group.set("data-node", name)


def _centre(node: Element) -> None:
    """The text of a node about its middle: engines place its left end by the width that letters have in their font."""
    middle = _middle(node)
    for text in node.iter("text") if middle is not None else ():
        if text.get("text-anchor") == "start":
            text.set("text-anchor", "middle")
            text.set("x", f"{middle:.2f}")


def _middle(node: Element) -> float | None:
    """Where the middle of a node's outline is, from left to right."""
    ellipse = node.find(".//ellipse")
    if ellipse is not None:
        return float(ellipse.get("cx", 0))
    for shape in node.iter():
        outline = shape.get("d") or shape.get("points")
        if outline:
            # Points are `x,y`, in a path with capital letters between them that say what kind of curve leads there.
            points = "".join(c if c in "0123456789.,+-e" else " " for c in outline).split()
            across = [float(point.partition(",")[0]) for point in points]
            return (min(across) + max(across)) / 2
    return None
