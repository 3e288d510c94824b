"""The tokens of LaTeX mathematics, each with its offsets in the source.

    kind      text
    letter    one symbol: ``x``, ``\\sigma``, ``\\mathcal{L}``, ``\\mathbf{1}``
    number    ``12``, ``0.5``
    word      letters set upright: ``\\mathrm{d}``, ``\\text{prev}``
    operator  ``\\operatorname{diag}``
    text      prose: ``\\text{ if }``, Chinese characters
    command   any other command: ``\\frac``, ``\\sum``, ``\\tilde``
    open, close, bar    brackets (the delimiter), with \\left and \\right taken off
    op, rel, sep, dots, prime, row, quad, begin, end, and the single characters { } ^ _ &

Styles, spacing, sizes, \\label and \\tag leave no token. Linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

LONGEST_FORMULA = 20_000


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its canonical text, and the offsets [start, stop) in the formula's source."""

    kind: str
    text: str
    start: int
    stop: int


class TokenError(ValueError):
    """A character that cannot start a token, or a text that is too long; ``at`` is its offset."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def _commands(names: str) -> frozenset[str]:
    return frozenset("\\" + name for name in names.split())


GREEK = _commands(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi "
    "varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi "
    "Pi Sigma Upsilon Phi Psi Omega ell infty hbar imath jmath top intercal dagger perp emptyset "
    "varnothing aleph Re Im wp prime varGamma varDelta varTheta varLambda varXi varPi varSigma varUpsilon "
    "varPhi varPsi varOmega digamma omicron varkappa"
)
RELATIONS = _commands(
    "equiv approx in notin ni leftarrow longleftarrow gets le leq leqslant ge geq geqslant ne neq propto to "
    "rightarrow mapsto longrightarrow longmapsto Rightarrow implies Leftrightarrow iff Longrightarrow "
    "Longleftrightarrow sim simeq cong coloneqq triangleq doteq subset subseteq ll gg colon leftrightarrow "
    "Leftarrow impliedby lt gt asymp lesssim gtrsim prec succ preceq succeq supset supseteq models vdash "
    "hookrightarrow rightleftharpoons rightsquigarrow leadsto nearrow searrow uparrow downarrow"
)
OPERATORS = _commands(
    "cdot times circ odot otimes oplus ast star bullet pm mp div setminus cup cap bigodot bigotimes wedge "
    "vee parallel boxplus boxtimes boxminus ominus oslash diamond uplus land lor ltimes rtimes"
)
DOTS = _commands("cdots ldots dots dotsc dotsb dotsm vdots ddots dotso")
STYLES = _commands(
    "mathbf boldsymbol bm mathit mathsf mathtt mathnormal pmb mathrm mathcal mathbb mathscr mathfrak bf "
    "rm it sf cal displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag "
    "boxed mathop mathbin mathrel mathord mathopen mathclose big Big bigg Bigg bigl bigr Bigl Bigr "
    "biggl biggr Biggl Biggr bigm Bigm centering hline hfill noindent mathstrut strut protect "
    "ensuremath allowbreak nobreak relax left right middle small large scalebox mathds textnormal "
    "displaylimits hfil null Large LARGE huge Huge tiny normalsize footnotesize scriptsize substack cancel "
    "bcancel xcancel smash mathclap mathllap mathrlap llap rlap clap fbox square Box blacksquare qed "
    "begingroup endgroup Bbb vb va vu IEEEyesnumber IEEEnonumber IEEEyessubnumber IEEEeqnarraynumspace "
    "numberthis pagebreak newpage linebreak nolinebreak"
)
DELIMITERS = {
    "\\lbrace": "\\{", "\\rbrace": "\\}", "\\lbrack": "[", "\\rbrack": "]", "\\vert": "|",
    "\\Vert": "\\|", "\\lvert": "|", "\\rvert": "|", "\\lVert": "\\|", "\\rVert": "\\|", "||": "\\|",
    "\\langle": "\\langle", "\\rangle": "\\rangle", "（": "(", "）": ")", "【": "[", "】": "]",
    "\\lfloor": "\\lfloor", "\\rfloor": "\\rfloor", "\\lceil": "\\lceil", "\\rceil": "\\rceil",
    "\\lparen": "(", "\\rparen": ")", "\\(": "(", "\\)": ")",
}  # fmt: skip
COMMON = {  # commands of packages, and macros that many documents have, by their usual names
    "\\defeq": "\\coloneqq", "\\eqdef": "\\coloneqq", "\\coloneq": "\\coloneqq",
    "\\bigtriangledown": "\\nabla",
}  # fmt: skip
OPENING = frozenset(["(", "[", "\\{", "\\langle", "\\lfloor", "\\lceil"])
CLOSING = frozenset([")", "]", "\\}", "\\rangle", "\\rfloor", "\\rceil"])
UNICODE = {
    "·": "\\cdot", "⋅": "\\cdot", "×": "\\times", "∘": "\\circ", "⊙": "\\odot", "⊗": "\\otimes", "−": "-",
    "－": "-", "＋": "+", "＝": "=", "，": ",", "、": ",", "；": ";", "：": ":", "。": ".", "．": ".",
    "∂": "\\partial", "∈": "\\in", "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "≈": "\\approx", "≡": "\\equiv",
    "←": "\\leftarrow", "→": "\\to", "∑": "\\sum", "Σ": "\\Sigma", "∏": "\\prod", "∇": "\\nabla",
    "…": "\\ldots", "⋯": "\\cdots", "σ": "\\sigma", "δ": "\\delta", "α": "\\alpha", "β": "\\beta",
    "γ": "\\gamma", "θ": "\\theta", "λ": "\\lambda", "Γ": "\\Gamma", "Δ": "\\Delta", "φ": "\\phi",
    "ψ": "\\psi", "τ": "\\tau", "ℝ": "\\mathbb{R}", "⊤": "\\top", "ᵀ": "\\top", "‖": "\\|", "′": "'",
    "’": "'", "！": "!", "｜": "|", "∗": "*", "⟨": "\\langle", "⟩": "\\rangle",
}  # fmt: skip

_PATTERN = re.compile(
    r"""
    (?P<space>(?:[\s~]|%[^\n]*|\\[,;:!>\ /\n\r\t-]
      |\\(?:thinspace|medspace|thickspace|negthinspace|negmedspace|negthickspace|enspace|space|nobreakspace)
        (?![A-Za-z])|&nbsp;)+)
  | (?P<drop>\\(?:label|tag\*?|hspace\*?|vspace\*?|phantom|hphantom|vphantom
        |eqref|ref|color|textcolor|colorbox|mathcolor|cite|footnote|require|class|cssId|htmlClass|style|href)
        \s*\{[^{}]*\}
      | \\fcolorbox\s*\{[^{}]*\}\s*\{[^{}]*\} | \\bbox\s*\[[^\]]*\]
      | \\(?:kern|mkern|hskip|mskip)\s*(?:-?[\d.]+\s*[a-z]{2}|\{[^{}]*\})
      | \\(?:only|onslide|uncover|visible|alert|action|pause)(?![A-Za-z])\s*(?:<[^<>]*>)?
      | \\(?:tag)\s*\{(?:[^{}]|\{[^{}]*\})*\})
  | (?P<row>\\\\\*?(?:[^\S\n]*\[\s*-?[\d.]+\s*[a-z]{2}\s*\])?|\\(?:newline|cr)(?![A-Za-z]))
  | (?P<begin>\\begin\s*\{\s*(?P<environment>[A-Za-z]+)\*?\s*\}(?:\s*\[[a-z]\])?
      (?:(?:(?<=array\})|(?<=array\}\[[a-z]\])|(?<=alignat\})|(?<=alignat\*\})|(?<=alignedat\}))\s*\{[^{}]*\})?)
  | (?P<end>\\end\s*\{\s*(?P<ended>[A-Za-z]+)\*?\s*\})
  | (?P<operator>\\operatorname\*?\s*\{(?P<function>[^{}]*)\})
  | (?P<text>\\(?:text|textrm|textit|textbf|textsf|textnormal|mbox|hbox|texttt|intertext|emph)
        \s*\{(?P<prose>(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.)*\})*\})*\})*)\}
      | \\(?:textrm|text)\s+(?P<bare>[A-Za-z]))
  | (?P<upright>\\(?:mathrm|mathsf|mathit|mathtt|rm)\s*
        (?:\{\s*(?P<letters>[A-Za-z]+)\s*\}|(?P<one>\b[A-Za-z](?![A-Za-z])))
      | \\(?:mathbf|boldsymbol|bm)\s*\{\s*(?P<bold>[a-z]{3,}|d(?=\s*\}\s*\\[a-z]))\s*\})
  | (?P<fancy>\\(?P<alphabet>mathcal|mathbb|mathscr|mathfrak|mathds)\s*
        (?:\{\s*(?P<inside>[A-Za-z0-9])\s*\}|(?P<bareinside>[A-Za-z0-9])))
  | (?P<one_vector>\\(?:mathbf|boldsymbol|bm|mathbbm|mathbbold)\s*
        (?:\{\s*[1I]\s*\}(?=\s*(?:[(\[_]|\\left|\\big|\\\{))|\{\s*1\s*\}|1))
  | (?P<arrow>\\x(?:right|left|Right|Left|leftright)arrow\s*(?:\[[^\]]*\])?\s*\{[^{}]*\})
  | (?P<negated>\\not\s*(?:\\[A-Za-z]+|[=<>]))
  | (?P<stack>\\(?:stackrel|overset|underset)\s*\{(?P<over>(?:[^{}]|\{[^{}]*\})*)\}\s*
        \{(?P<under>\s*(?:[=:<>]+|\\(?:[lg]eq?|approx|equiv|sim|to|in|(?:long)?rightarrow|Rightarrow|propto))\s*)\})
  | (?P<stacked>\\(?:stackrel|overset|underset)\s*\{(?:[^{}]|\{[^{}]*\})*\})
  | (?P<assign>\\mathrel\s*\{\s*[-+*:]\s*=?\s*\}\s*=?|:\s*&?\s*=|(?<![\^_])[-+*]=|==|<=|>=|!=|->
      |<-(?!\d|[A-Za-z]))
  | (?P<command>\\[A-Za-z]+|\\[{}()|&%\#$_])
  | (?P<number>\d+(?:\.\d+)?|\.\d+)
  | (?P<dots>\.\.+)
  | (?P<norm>\|\|)
  | (?P<prime>'+)
  | (?P<said>(?<![\\\w{])(?:where|otherwise|such\s+that)(?![A-Za-z_^]))
  | (?P<letter>[A-Za-z])
  | (?P<foreign>(?:[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]
        |[\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff])+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


_GAP = re.compile(r"\\[,;:> ]|~|&nbsp;")
WIDE = 4  # gaps in a row that part two statements, as \quad does
_MARKUP = re.compile(r"\\(?:boldmath|bf|it|rm|sf)(?![A-Za-z])|[{}]")


def tokenise(latex: str) -> list[Token]:
    """The tokens of a formula. Raises TokenError for a text that is too long or a character out of place."""
    if len(latex) > LONGEST_FORMULA:
        raise TokenError(f"the formula is longer than {LONGEST_FORMULA} characters", 0)
    tokens: list[Token] = []
    sized = ""
    for match in _PATTERN.finditer(latex):
        group, text = match.lastgroup or "", match.group()
        if group == "text" and "$" in (match["prose"] or ""):
            tokens += _mixed(match["prose"], match.start("prose"))
            continue
        kind, value = _classify(match, group, text)
        if kind == "size":
            sized = value
            continue
        if not kind:
            continue
        if sized:
            kind, value = _sided(sized, kind, value)
            sized = ""
        tokens.append(Token(kind, value, match.start(), match.end()))
    return tokens


def _mixed(prose: str, start: int) -> Iterator[Token]:
    r"""The tokens of \text{if $i = j$}: prose with mathematics in it."""
    for number, piece in enumerate(prose.split("$")):
        inside = tokenise(piece) if number % 2 else []
        kind, value = ("", "") if number % 2 else _prose(_MARKUP.sub("", piece))
        yield from (replace(one, start=one.start + start, stop=one.stop + start) for one in inside)
        if kind:
            yield Token(kind, value, start, start + len(piece))
        start += len(piece) + 1


def _sided(side: str, kind: str, text: str) -> tuple[str, str]:
    """A delimiter after \\left, \\right or \\middle, whose side is then known."""
    if side == "\\middle":
        return "sep", text
    if kind == "dots":
        text = "."  # \\right.. at the end of a sentence
    if kind not in ("open", "close", "bar") and text not in (".", "<", ">", "/"):
        return kind, text
    angle = {"<": "\\langle", ">": "\\rangle"}
    return ("open" if side == "\\left" else "close"), angle.get(text, text)


def _classify(match: re.Match[str], group: str, text: str) -> tuple[str, str]:
    """Kind and canonical text of what the pattern matched; an empty kind leaves no token."""
    if group in ("space", "drop", "stacked"):
        return ("quad", text) if group == "space" and len(_GAP.findall(text)) >= WIDE else ("", "")
    if group == "arrow":
        return "rel", "\\to"
    if group == "negated":
        return "rel", "\\ne"
    if group in ("row", "number", "dots", "prime", "letter"):
        return group, text
    if group == "assign":
        text = re.sub(r"\\mathrel|[\s{}&]", "", text)
    if group in ("assign", "norm", "command"):
        return _symbol(COMMON.get(text, DELIMITERS.get(text, text)))
    if group == "other":
        return _other(text, match.start())
    if group in ("foreign", "said"):
        return "text", text
    return _with_content(match, group, text)


def _with_content(match: re.Match[str], group: str, text: str) -> tuple[str, str]:
    """The tokens that swallow what stands in their braces."""
    if group == "begin":
        return "begin", match["environment"]
    if group == "end":
        return "end", match["ended"]
    if group == "operator":
        return "operator", re.sub(r"\\[,;:! a-z]+|[\s{}]", "", match["function"])
    if group == "text":
        return _prose(match["prose"] or match["bare"] or "")
    if group == "upright":
        return "word", match["letters"] or match["one"] or match["bold"]
    if group == "fancy":
        inside = match["inside"] or match["bareinside"]
        return "letter", "\\mathbf{1}" if inside == "1" else f"\\{match['alphabet']}{{{inside}}}"
    if group == "one_vector":
        return "letter", "\\mathbf{I}" if "I" in text else "\\mathbf{1}"
    return "rel", ":=" if re.search("def|triangle|Delta", match["over"]) else match["under"].strip()


def _prose(content: str) -> tuple[str, str]:
    """A \\text{...}: a word when it is one identifier, otherwise prose."""
    plain = content.strip()
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", plain):
        return "word", plain
    if plain and plain in ",;.:":
        return _other(plain, 0)
    return ("text", plain) if plain else ("", "")


def _symbol(text: str) -> tuple[str, str]:
    """A command or a sign of several characters."""
    for kind, members in (
        ("open", OPENING),
        ("close", CLOSING),
        ("letter", GREEK),
        ("rel", RELATIONS),
        ("op", OPERATORS),
        ("dots", DOTS),
    ):
        if text in members:
            return kind, text
    if text in ("\\left", "\\right", "\\middle"):
        return "size", text
    if text in ("\\quad", "\\qquad"):
        return "quad", text
    if text in ("|", "\\|"):
        return "bar", text
    if text == "\\mid":
        return "sep", "|"
    if text in ("\\forall", "\\exists", "\\therefore", "\\because"):
        return "text", text
    if text in STYLES or text in ("\\%", "\\$", "\\#", "\\&", "\\_"):
        return "", ""
    if not text.startswith("\\"):
        return "rel", {"==": "="}.get(text, text)
    return "command", text


def _other(text: str, at: int) -> tuple[str, str]:
    """A single character that is neither letter nor digit."""
    text = UNICODE.get(text, DELIMITERS.get(text, text))
    if text in "{}^_&":
        return text, text
    if text in "=<>:":
        return "rel", text
    if text in "+-*/":
        return "op", text
    if text in ",;":
        return "sep", text
    if text in ".!?@":
        return "point", text
    if text == "'":
        return "prime", text
    if text in "()[]|" or text.startswith("\\"):
        return ("letter", text) if text == "\\mathbb{R}" else _symbol(text)
    if text.isalpha():
        return "letter", text
    if text in "\ufeff\u200b\u3000\u00a0\u200c\u200d":
        return "", ""
    raise TokenError(f"unexpected character {text!r}", at)
