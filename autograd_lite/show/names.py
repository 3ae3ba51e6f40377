"""Names as mathematics writes them: W¹ for `W1`, x₁ for `x_1`, δ² for the gradient of `z2`.

Knows letters and nothing else. Must not know tensors, graphs or how a picture is drawn.
"""

from __future__ import annotations

import re

_GREEK = dict(
    alpha="α", beta="β", gamma="γ", delta="δ", epsilon="ε", zeta="ζ", eta="η", theta="θ", kappa="κ", mu="μ", nu="ν",
    xi="ξ", pi="π", rho="ρ", sigma="σ", tau="τ", phi="φ", chi="χ", psi="ψ", omega="ω", Gamma="Γ", Delta="Δ", Theta="Θ",
    Lambda="Λ", Xi="Ξ", Pi="Π", Sigma="Σ", Phi="Φ", Psi="Ψ", Omega="Ω", **{"lambda": "λ"},
)  # fmt: skip
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SYMBOL = re.compile(r"([A-Za-z]+?)([0-9]*)(?:_([0-9]+))?")
_LONGEST = 60


def printable(text: str) -> str:
    r"""`text` on one line, without characters that cannot be printed, cut where it is very long.

    >>> printable("two\nlines\x00")
    'two lines�'
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    text = text.strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _symbol(part: str) -> str:
    match = _SYMBOL.fullmatch(part)
    if match is None:
        return part
    letters, layer, index = match.groups()
    letter = _GREEK.get(letters, letters)
    # A word such as `conv1` is a word with a number, not a letter of layer 1.
    if len(letter) > 1:
        return part
    return letter + layer.translate(_RAISED) + (index or "").translate(_LOWERED)


def pretty(name: str) -> str:
    """A name as it is printed: one letter, or the name of a Greek one, carries its layer as superscript.

    Parts separated by dots are written each on its own; anything else stays as it is.

    >>> pretty("W1"), pretty("delta2"), pretty("x_1"), pretty("encoder.b12"), pretty("conv1")
    ('W¹', 'δ²', 'x₁', 'encoder.b¹²', 'conv1')
    """
    return ".".join(map(_symbol, printable(name).split(".")))


def delta_name(name: str | None, of: str | None = None) -> str:
    """What the gradient of the tensor `name` is called; `of` names the scalar it is the gradient of.

    The error δ of a weighted input z has a letter of its own (Nielsen, *Neural Networks and Deep
    Learning*, chapter 2, equation 29); every other gradient is a partial derivative.

    >>> delta_name("z2"), delta_name("W1", of="C"), delta_name("W1"), delta_name(None)
    ('δ²', '∂C/∂W¹', '∂W¹', 'grad')
    """
    printed = pretty(name or "")
    if not printed:
        return "grad"
    if re.fullmatch("z[⁰¹²³⁴⁵⁶⁷⁸⁹]*[₀₁₂₃₄₅₆₇₈₉]*", printed):
        return "δ" + printed[1:]
    whole = pretty(of or "")
    return f"∂{whole}/∂{printed}" if whole else f"∂{printed}"
