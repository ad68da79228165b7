"""What became of the draft's claims: each verdict is worked out when it is asked for."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from lecture_lib.catalog import Claim, claim
from lecture_lib.citations import origin
from lecture_lib.medium import as_html

SIGNS = {"supported": "✓ Supported", "partly": "≈ Partly", "not supported": "✕ Not supported"}


def whole(text: str) -> str:
    """What the draft said as a sentence: some of it is a question, and ends already."""
    return text if text.endswith("?") else f"{text}."


@dataclass(frozen=True)
class Verdict:
    """A claim of the draft, what the models find today, and what follows."""

    claim: Claim
    finding: str
    kind: str  # a key of SIGNS
    correction: str

    def __post_init__(self):
        if self.kind not in SIGNS:
            raise ValueError(
                f"claim {self.claim.id}: a verdict is one of {list(SIGNS)}, not {self.kind!r}"
            )

    def _rows(self):
        yield "the draft said", whole(self.claim.text)
        yield "we find", self.finding
        yield "verdict", f"{SIGNS[self.kind]}. {self.correction}"

    def _repr_mimebundle_(self, **_kwargs):
        plain = "\n".join(f"{name + ':':<16}{words}" for name, words in self._rows())
        if as_html():
            source = {"lecture": {"source": f"Claim {self.claim.id}: {origin(self.claim)}."}}
            return {"text/plain": plain, "text/html": self._slide()}, source
        lines = [f"> **{name}** ({self.claim.id}): {words}" for name, words in self._rows()]
        return {"text/plain": plain, "text/markdown": "\n>\n".join(lines)}

    def _slide(self) -> str:
        sign = html.escape(SIGNS[self.kind])
        style = self.kind.replace(" ", "-")
        (said, quote), (found, finding), (name, _) = self._rows()
        correction = html.escape(self.correction)
        return (
            '<div class="lecture-verdict"><dl>'
            f"<dt>{said}</dt><dd>{html.escape(quote)}</dd>"
            f"<dt>{found}</dt><dd>{html.escape(finding)}</dd>"
            f'<dt>{name}</dt><dd class="{style}"><strong>{sign}.</strong> {correction}</dd>'
            "</dl></div>"
        )


CHECKS: dict[str, Callable[[], tuple[str, str, str]]] = {}


def check(claim_id: str):
    """Registers a function that works out (finding, kind, correction) for a claim."""

    def register(function):
        CHECKS[claim_id] = function
        return function

    return register


def verdict(claim_id: str) -> Verdict:
    """The verdict on a claim, worked out now. Refuses a claim that no model tests yet."""
    row = claim(claim_id)
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    if claim_id not in CHECKS:
        raise LookupError(
            f"no model tests claim {claim_id} yet; there are tests of {sorted(CHECKS)}"
        )
    return Verdict(row, *CHECKS[claim_id]())


@dataclass(frozen=True)
class Findings:
    """What checking some claims found, in the words of the catalog's rows."""

    claims: tuple[Claim, ...]

    def _repr_mimebundle_(self, **_kwargs):
        plain = "\n".join(
            f"{c.id}  The draft: {whole(c.text)} Since then: {c.found}." for c in self.claims
        )
        if as_html():
            items = "".join(
                f"<li><em>The draft: {html.escape(whole(c.text))}</em> {html.escape(c.found)}.</li>"
                for c in self.claims
            )
            html_list = f'<ul class="lecture-findings">{items}</ul>'
            origins = (f"{c.id}: {origin(c).partition('; ')[0]}." for c in self.claims)
            source = {"lecture": {"source": " ".join(origins)}}
            return {"text/plain": plain, "text/html": html_list}, source
        lines = [f"- *The draft ({c.id}): {whole(c.text)}* {c.found}." for c in self.claims]
        return {"text/plain": plain, "text/markdown": "\n".join(lines)}


def findings(*claim_ids: str) -> Findings:
    """What the sources say today about claims that no model tests."""
    return Findings(tuple(claim(claim_id) for claim_id in claim_ids))
