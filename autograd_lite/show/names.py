r"""Names as mathematics writes them: W¹ for `W1`, x₁ for `x_1`, δ² for the gradient of `z2`; in text and in LaTeX.

Every letter, superscript and subscript stands here once. Knows letters and nothing else. Must not know tensors, graphs
or how a picture is drawn.
"""

from __future__ import annotations

import re

from autograd_lite.names import weighted_input

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""Greek letters by their names, which are those of LaTeX too."""

RAISED = dict(
    zip("0123456789+-=()abcdefghijklmnoprstuvwxyzTL", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴸ", strict=True)
)
"""Superscripts."""

LOWERED = dict(zip("0123456789aehijklmnoprstuvx×", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓₓ", strict=True))
"""Subscripts; × stands as an x, as in a 2×3 matrix."""

_UP = {plain: raised for plain, raised in RAISED.items() if plain.isdigit()}
_DOWN = {plain: lowered for plain, lowered in LOWERED.items() if plain.isdigit()}
_UPPER, _LOWER = "".join(_UP.values()), "".join(_DOWN.values())
_TO_RAISED, _TO_LOWERED = str.maketrans(_UP), str.maketrans(_DOWN)
_FROM_RAISED = str.maketrans({raised: plain for plain, raised in RAISED.items() if not plain.isalpha()})
FROM_LOWERED = str.maketrans({lowered: plain for plain, lowered in _DOWN.items()})

_SYMBOL = re.compile(r"([A-Za-z]+?)([0-9]*)(?:_([0-9]+))?")
_LETTER = re.compile(rf"(.)([{_UPPER}]*)([{_LOWER}]*)")
_LONGEST = 60
_ESCAPED = {"\\": r"\backslash{}", "~": r"\sim{}", "^": r"\wedge{}"} | {c: "\\" + c for c in "_&%$#{}"}
_COMMANDS = {letter: name for name, letter in GREEK.items()} | {"∂": "partial", "∇": "nabla", "∞": "infty", "…": "dots"}


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
    letter = GREEK.get(letters, letters)
    # A word such as `conv1` is a word with a number, not a letter of layer 1.
    if len(letter) > 1:
        return part
    return letter + layer.translate(_TO_RAISED) + (index or "").translate(_TO_LOWERED)


def pretty(name: str) -> str:
    """A name as it is printed: one letter, or the name of a Greek one, carries its layer as superscript.

    Parts separated by dots are written each on its own; anything else stays as it is.

    >>> pretty("W1"), pretty("delta2"), pretty("x_1"), pretty("encoder.b12"), pretty("conv1")
    ('W¹', 'δ²', 'x₁', 'encoder.b¹²', 'conv1')
    """
    return ".".join(map(_symbol, printable(name).split(".")))


def plain(printed: str) -> str:
    """A printed name with its superscripts and subscripts as they are typed: `W1` for W¹, `x_1` for x₁.

    >>> plain("W¹"), plain("x₁"), plain("z²₁")
    ('W1', 'x_1', 'z2_1')
    """
    return re.sub(rf"([{_LOWER}]+)", r"_\1", printed).translate(_FROM_RAISED).translate(FROM_LOWERED)


def latex_name(name: str) -> str:
    r"""A tensor's name in LaTeX: one letter carries its layer as superscript, a word stands upright.

    >>> latex_name("W1"), latex_name("x_2"), latex_name("theta"), latex_name("loss")
    ('W^{1}', 'x_{2}', '\\theta', '\\mathrm{loss}')
    """
    printed = pretty(name)
    match = _LETTER.fullmatch(printed)
    if match is None or not match[1].isalpha():
        return rf"\mathrm{{{''.join(_ESCAPED.get(c, c) for c in printed)}}}"
    letter, above, below = match.groups()
    written = "\\" + _COMMANDS[letter] if letter in _COMMANDS else letter
    if above:
        written += f"^{{{above.translate(_FROM_RAISED)}}}"
    if below:
        written += f"_{{{below.translate(FROM_LOWERED)}}}"
    return written


def delta_name(name: str | None, of: str | None = None) -> str:
    """What the gradient of the tensor `name` is called; `of` names the scalar it is the gradient of.

    >>> delta_name("z2"), delta_name("W1", of="C"), delta_name("W1"), delta_name(None)
    ('δ²', '∂C/∂W¹', '∂W¹', 'grad')
    """
    printed = pretty(name or "")
    if not printed:
        return "grad"
    if weighted_input(plain(printed)) is not None:
        return "δ" + printed[1:]
    whole = pretty(of or "")
    return f"∂{whole}/∂{printed}" if whole else f"∂{printed}"


def gradient_latex(name: str, of: str) -> str:
    r"""The gradient of the tensor `name` in LaTeX: δ for a weighted input z, a partial derivative otherwise.

    >>> gradient_latex("z2", "C"), gradient_latex("W1", "C")
    ('\\delta^{2}', '\\frac{\\partial C}{\\partial W^{1}}')
    """
    written = latex_name(name)
    if weighted_input(plain(pretty(name))) is not None:
        return r"\delta" + written[1:]
    return rf"\frac{{\partial {latex_name(of)}}}{{\partial {written}}}"


def spelled(name: str, of: str) -> str:
    """A name, of a tensor or a gradient, in the one spelling that all others are compared in: `delta2`, `d W2`, `x_1`.

    >>> spelled("δ²", "C"), spelled("∂C/∂W¹", "C"), spelled("dW1", "C"), spelled("dC/dW1", "C")
    ('delta2', 'd W1', 'd W1', 'd W1')
    """
    text = plain(name.strip().replace("′", "'").replace("ₐ", "a"))
    text = re.sub(r"^(δ|delta_?)(?=[\d_]|$)", "delta", text)
    cost = re.escape(of)
    match = re.fullmatch(rf"(?:[∂d]{cost}\s*/\s*[∂d]|[∂d])\s*\(?([^\W\d_].*?)\)?", text)
    if match and not text.startswith("delta"):
        layer = weighted_input(match[1])
        return f"d {match[1]}" if layer is None else f"delta{layer}"
    return text


def shown(key: str) -> str:
    """A name in the one spelling as one types it: δ2 for `delta2`, dW2 for `d W2`.

    >>> shown("delta2"), shown("d W2"), shown("x")
    ('δ2', 'dW2', 'x')
    """
    if key.startswith("d "):
        return "d" + key[2:]
    return "δ" + key[5:] if key.startswith("delta") else key
