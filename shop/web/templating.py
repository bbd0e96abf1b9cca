"""Templates, compiled once for each language with everything said that does not change.

A page asks for some fifty phrases and pictograms that are the same every time. Here they are
looked up while the template is compiled and become part of its text: ``_('Cart')`` is 购物车 in
the Chinese template, ``icon('cart')`` its drawing, ``locale`` a constant. What a template says
stays the same, it only says it sooner; whatever is not constant is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from babel.support import NullTranslations, Translations
from flask.templating import Environment
from flask_babel import get_locale
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import FILTERS
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from markupsafe import _escape_inner as _quoted  # type: ignore[attr-defined]  # of C where there is C

COMPONENTS = "components/"
PHRASES = {"_", "gettext"}
# Functions whose answer to the same words is always the same, beside phrases.
ALWAYS_THE_SAME = {"static_url", "stylesheet_url", "art_url"}
PURE_NAMES = PHRASES | ALWAYS_THE_SAME | {"ngettext", "range", "dict", "namespace"}
PURE_FILTERS = set(FILTERS) | {"money"}
HTML_LANGUAGES = {"zh_Hans": "zh-Hans", "en": "en"}


class HouseTemplate(Template):
    """A template whose macros are made once: they take what they need as arguments."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        # Any: what jinja2 calls a template's module. Its own method looks through all names of the
        # importing page first, in case the import should see them; ours never do.
        del ctx
        return super()._get_default_module()


def escaped(value: object) -> str:
    """Return a value as text of a page; the usual ones, plain text and markup, at no detour."""
    if type(value) is str:
        quoted: str = _quoted(value)
        return quoted
    return value if type(value) is Markup else escape(value)


class HouseCodeGenerator(CodeGenerator):
    """Writes templates whose values are escaped by ``escaped``."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class HouseEnvironment(Environment):
    """The environment of the application; pages are taken from the one of their language.

    ``language`` is that language; empty where templates are compiled for any.
    """

    template_class = HouseTemplate
    code_generator_class = HouseCodeGenerator
    escaped = staticmethod(escaped)
    language = ""
    # Set by the application: where the phrases are, and its own globals and filters by language.
    phrase_folder = ""
    in_language: Callable[[str], tuple[dict[str, Any], dict[str, Any]]]
    phrases: NullTranslations
    constants: dict[str, str]
    pure: dict[str, bool]

    def __init__(self, *args: Any, **options: Any) -> None:
        """Begin without any language."""
        super().__init__(*args, **options)
        self._by_language: dict[str, HouseEnvironment] = {}

    def get_or_select_template(self, *args: Any, **kwargs: Any) -> Template:
        """Return a template in the language of the request."""
        if self.language:
            return super().get_or_select_template(*args, **kwargs)
        locale = get_locale()
        if locale is None:
            return super().get_or_select_template(*args, **kwargs)
        name = "en" if locale.language == "en" else "zh_Hans"
        return self.speaking(name).get_or_select_template(*args, **kwargs)

    def speaking(self, language: str) -> HouseEnvironment:
        """Return the environment of one language, ``zh_Hans`` or ``en``."""
        known = self._by_language.get(language)
        if known is None:
            known = self.overlay()
            known.language = language
            more_globals, more_filters = self.in_language(language)
            known.globals = self.globals | more_globals
            known.filters = self.filters | more_filters
            known.constants = {"locale": language, "html_lang": HTML_LANGUAGES[language]}
            known.phrases = Translations.load(self.phrase_folder, [language])
            known.pure = {}
            self._by_language[language] = known
        return known

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if not self.language:
            return tree
        said: nodes.Template = _Saying(self, tree, name).visit(tree)
        used = {one.name for one in said.find_all(nodes.Name) if one.ctx == "load"}
        without: nodes.Template = _Forgetting(used).visit(said)
        return without

    def is_pure(self, component: str) -> bool:
        """Say whether the macros of a component depend on nothing but their arguments."""
        if component not in self.pure:
            assert self.loader is not None  # noqa: S101 - every environment of an application has one
            source, _, _ = self.loader.get_source(self, component)
            tree = self.parse(source, component)
            loaded = {one.name for one in tree.find_all(nodes.Name) if one.ctx == "load"}
            others = {one.template.as_const() for one in tree.find_all(nodes.FromImport)}
            self.pure[component] = (
                not find_undeclared_variables(tree)  # of the page around it
                and loaded & self.globals.keys() <= PURE_NAMES
                and {one.name for one in tree.find_all(nodes.Filter)} <= PURE_FILTERS
                and next(tree.find_all((nodes.Include, nodes.Import, nodes.Extends)), None) is None
                and all(map(self.is_pure, others))
            )
        return self.pure[component]


class _Saying(NodeTransformer):
    """Says what is constant in one template of one language."""

    def __init__(self, environment: HouseEnvironment, tree: nodes.Template, name: str | None):
        self._environment = environment
        self._eval = nodes.EvalContext(environment, name)
        self._phrases = environment.phrases
        self._macros = {
            alias: (one.template.as_const(), macro)
            for one in tree.find_all(nodes.FromImport)
            if not one.with_context and str(one.template.as_const()).startswith(COMPONENTS)
            for macro, alias in (n if isinstance(n, tuple) else (n, n) for n in one.names)
        }

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 - jinja2 names its visitors so
        if node.ctx == "load" and node.name in self._environment.constants:
            return _at(node, nodes.Const(self._environment.constants[node.name]))
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - jinja2 names its visitors so
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args or node.dyn_kwargs:
            return node
        name = node.node.name
        if name in PHRASES:
            return self._phrase(node)
        if name == "ngettext":
            return self._counted(node)
        if name in self._macros and self._environment.is_pure(self._macros[name][0]):
            return self._drawn(node, *self._macros[name])
        if name in ALWAYS_THE_SAME:
            given = self._given(node)
            if given is not None:
                same: Any = self._environment.globals[name]  # Any: one of the functions named above
                return self._text(node, same(*given[0], **given[1]))
        return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802 - jinja2 names its visitors so
        # A macro that is given a block cannot be drawn without it: only its arguments are said.
        call, node.call = node.call, _at(node.call, nodes.Call(nodes.Const(""), [], [], None, None))
        self.generic_visit(node)
        self.generic_visit(call)
        node.call = call
        return node

    def _phrase(self, node: nodes.Call) -> nodes.Node:
        words = self._const(node.args[0]) if len(node.args) == 1 else None
        if not isinstance(words, str):
            return node
        return self._filled(node, self._phrases.gettext(words), node.kwargs)

    def _counted(self, node: nodes.Call) -> nodes.Node:
        one, many = (self._const(arg) for arg in node.args[:2])
        if not isinstance(one, str) or not isinstance(many, str) or len(node.args) != 3:  # noqa: PLR2004 - one, many, number
            return node
        number = node.args[2]
        blanks = node.kwargs
        if "num" not in {blank.key for blank in blanks}:
            blanks = [*blanks, nodes.Keyword("num", number)]
        singular, plural = (self._phrases.ngettext(one, many, n) for n in (1, 2))
        if singular == plural:
            return self._filled(node, plural, blanks)
        is_one = nodes.Compare(number, [nodes.Operand("eq", nodes.Const(1))])
        return _at(
            node,
            nodes.CondExpr(
                is_one, self._filled(node, singular, blanks), self._filled(node, plural, blanks)
            ),
        )

    def _filled(self, node: nodes.Call, words: str, blanks: Iterable[nodes.Keyword]) -> nodes.Expr:
        blanks = list(blanks)
        if not blanks:
            return _at(node, nodes.MarkSafeIfAutoescape(nodes.Const(words % {})))
        pairs = [nodes.Pair(nodes.Const(blank.key), blank.value) for blank in blanks]
        safe = nodes.MarkSafeIfAutoescape(nodes.Const(words))
        return _at(node, nodes.Mod(safe, nodes.Dict(pairs)))

    def _drawn(self, node: nodes.Call, component: str, macro: str) -> nodes.Node:
        given = self._given(node)
        if given is not None:
            draw = getattr(self._environment.get_template(component).module, macro)
            return self._text(node, draw(*given[0], **given[1]))
        # One argument that is this or that: two drawings, and the page chooses.
        values = [*node.args, *(pair.value for pair in node.kwargs)]
        open_ones = [value for value in values if self._const(value) is None]
        if len(open_ones) == 1 and isinstance(choice := open_ones[0], nodes.CondExpr):
            if choice.expr2 is None or None in map(self._const, (choice.expr1, choice.expr2)):
                return node
            first, second = (
                self._drawn(_with(node, choice, one), component, macro)
                for one in (choice.expr1, choice.expr2)
            )
            return _at(node, nodes.CondExpr(choice.test, first, second))
        return node

    def _text(self, node: nodes.Node, text: str) -> nodes.Expr:
        const = nodes.Const(str(text))
        return _at(node, nodes.MarkSafe(const) if hasattr(text, "__html__") else const)

    def _given(self, node: nodes.Call) -> tuple[list[Any], dict[str, Any]] | None:
        try:
            return (
                [arg.as_const(self._eval) for arg in node.args],
                {pair.key: pair.value.as_const(self._eval) for pair in node.kwargs},
            )
        except nodes.Impossible:
            return None

    def _const(self, node: nodes.Expr) -> Any:
        """Return what an expression always is; None for one that is not constant, or is none."""
        try:
            return node.as_const(self._eval)
        except nodes.Impossible:
            return None


class _Forgetting(NodeTransformer):
    """Takes out the imports of macros that are all said in advance."""

    def __init__(self, used: set[str]) -> None:
        self._used = used

    def visit_FromImport(self, node: nodes.FromImport) -> nodes.Node | None:  # noqa: N802 - jinja2 names its visitors so
        aliases = {one[1] if isinstance(one, tuple) else one for one in node.names}
        return node if aliases & self._used else None


def _with(node: nodes.Call, old: nodes.Expr, new: nodes.Expr) -> nodes.Call:
    args = [new if arg is old else arg for arg in node.args]
    kwargs = [
        nodes.Keyword(pair.key, new if pair.value is old else pair.value) for pair in node.kwargs
    ]
    return _at(node, nodes.Call(node.node, args, kwargs, None, None))


N = TypeVar("N", bound=nodes.Node)


def _at(place: nodes.Node, node: N) -> N:
    node.set_lineno(place.lineno)
    node.set_environment(place.environment)  # type: ignore[arg-type]  # the parser has set it
    return node
