"""The grammar of expressions: a parser by precedence climbing, whose phrases become closures over an environment.

expression   or_test ["if" or_test "else" expression]
or_test      and_test {"or" and_test}             and_test   not_test {"and" not_test}
not_test     "not" not_test | sum {(== != < <= > >= in "not in") sum}
sum          term {(+ -) term}                    term       factor {(* / // %) factor}
factor       (+ -) factor | postfix ["**" factor]
postfix      atom {"[" index "]" | "." name}
atom         number | text | name | function "(" ... ")" | "(" expression ")" | "[" ... "]"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import SpecError, did_you_mean
from .arithmetic import ARITHMETIC, COMPARISON, Binary, bounded, item, kind_of, negate, part
from .functions import FUNCTIONS
from .lexer import END, Cursor, tokenize
from .scalars import resolve

Environment = Mapping[str, Any]
"""Values by name: numbers, booleans, texts, lists, null, and objects whose `get_attribute(name)` gives their parts."""

Code = Callable[[Environment], Any]

_MAX_NESTING = 50
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
RESERVED = {"and", "or", "not", "if", "else", "in", *_CONSTANTS}
"""Words that can be nobody's name."""

_CHOICE, _OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _FACTOR, _POWER = range(9)
_LEFT_TO_RIGHT = {"+": _SUM, "-": _SUM, "*": _TERM, "/": _TERM, "//": _TERM, "%": _TERM}


class Parser(Cursor):
    """A method per kind of phrase, each returning the code that evaluates it."""

    def __init__(self, text: str) -> None:
        super().__init__(tokenize(text))
        self.nesting = 0
        self.names: set[str] = set()

    def whole(self) -> Code:
        if self.tokens[0] == END:
            raise SpecError("the expression is empty")
        code = self.expression()
        if self.peek() != END:
            raise self.unexpected()
        return code

    def expression(self, binding: int = _CHOICE) -> Code:
        """A phrase whose operators bind at least this tightly."""
        self.nesting += 1
        if self.nesting > _MAX_NESTING:
            raise SpecError(f"nested more than {_MAX_NESTING} deep", hint="give its parts names under `let`")
        code = self.prefix(binding)
        while (longer := self.extended(code, binding)) is not None:
            code = longer
        self.nesting -= 1
        return code

    def prefix(self, binding: int) -> Code:
        if binding <= _NOT and self.accept("not"):
            inner = self.expression(_NOT)
            return lambda env: not inner(env)
        if sign := self.accept("-", "+"):
            operand = self.expression(_FACTOR)
            return (lambda env: negate(operand(env))) if sign == "-" else lambda env: -negate(operand(env))
        return self.postfix()

    def extended(self, left: Code, binding: int) -> Code | None:
        """What the next operator makes of the phrase before it; None where it binds too loosely."""
        token = self.peek()
        level = _LEFT_TO_RIGHT.get(token.text) if token.kind == "sign" else None
        if level is not None and level >= binding:
            self.position += 1
            return _binary(ARITHMETIC[token.text], left, self.expression(level + 1))
        if self.accept("**"):
            return _binary(ARITHMETIC["**"], left, self.expression(_FACTOR))
        if binding <= _COMPARE and (operation := self.comparison()):
            return self.compared(left, operation)
        if binding <= _AND and self.accept("and"):
            right = self.expression(_NOT)
            return lambda env: left(env) and right(env)
        if binding <= _OR and self.accept("or"):
            other = self.expression(_AND)
            return lambda env: left(env) or other(env)
        if binding <= _CHOICE and self.accept("if"):
            return self.choice(left)
        return None

    def choice(self, chosen: Code) -> Code:
        condition = self.expression(_OR)
        self.expect("else")
        otherwise = self.expression()
        return lambda env: chosen(env) if condition(env) else otherwise(env)

    def comparison(self) -> Binary | None:
        """The next token's comparison, stepped over."""
        if self.accept("not"):
            self.expect("in")
            return COMPARISON["not in"]
        sign = self.accept(*COMPARISON)
        return COMPARISON[sign] if sign else None

    def compared(self, first: Code, operation: Binary) -> Code:
        """A chain of comparisons: `0 < i < n` compares each neighbour pair, until one fails."""
        links = [(operation, self.expression(_SUM))]
        while more := self.comparison():
            links.append((more, self.expression(_SUM)))

        def chain(env: Environment) -> bool:
            left = first(env)
            for compare, code in links:
                right = code(env)
                if not compare(left, right):
                    return False
                left = right
            return True

        return chain

    def postfix(self) -> Code:
        code = self.atom()
        while True:
            if self.accept("["):
                code = self.subscript(code)
            elif self.accept("."):
                code = self.attribute(code)
            else:
                return code

    def subscript(self, value: Code) -> Code:
        bounds: list[Code | None] = [None]
        while not self.accept("]"):
            if self.accept(":"):
                bounds.append(None)
            elif bounds[-1] is None and len(bounds) <= 3:
                bounds[-1] = self.expression()
            else:
                self.expect("]")
        if len(bounds) > 1:
            start, stop, step = [*(bound or _nothing for bound in bounds), _nothing][:3]
            return lambda env: part(value(env), start(env), stop(env), step(env))
        index = bounds[0]
        if index is None:
            raise SpecError("an index is missing between [ and ]")
        return lambda env: item(value(env), index(env))

    def attribute(self, owner: Code) -> Code:
        name = self.peek()
        if name.kind != "name":
            raise self.unexpected(", where the name of an attribute belongs")
        self.position += 1

        def get(env: Environment) -> Any:
            value = owner(env)
            if not hasattr(value, "get_attribute"):
                raise SpecError(f"there is no '.{name.text}' in {kind_of(value)}")
            return value.get_attribute(name.text)

        return get

    def atom(self) -> Code:
        token = self.peek()
        if token.kind == "number":
            return self.constant(resolve(token.text))
        if token.kind == "text":
            return self.constant(token.text[1:-1])
        if token.text in _CONSTANTS:
            return self.constant(_CONSTANTS[token.text])
        if token.kind == "name" and token.text not in RESERVED:
            self.position += 1
            return self.call(token.text) if self.accept("(") else self.name(token.text)
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.accept("["):
            items = self.arguments("]")
            return lambda env: bounded([item(env) for item in items])
        raise self.unexpected()

    def constant(self, value: Any) -> Code:
        self.position += 1
        return lambda env: value

    def name(self, name: str) -> Code:
        self.names.add(name)

        def look_up(env: Environment) -> Any:
            try:
                return env[name]
            except KeyError:
                raise _unknown_name(name, env) from None

        return look_up

    def call(self, name: str) -> Code:
        if name not in FUNCTIONS:
            raise SpecError(f"unknown function '{name}'", hint=did_you_mean(name, FUNCTIONS))
        function, least, most = FUNCTIONS[name]
        arguments = self.arguments(")")
        if len(arguments) < least or (most is not None and len(arguments) > most):
            wanted = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
            plural = "" if wanted.endswith("1") else "s"
            raise SpecError(f"{name}() takes {wanted} argument{plural}, not {len(arguments)}")

        def apply(env: Environment) -> Any:
            values = [argument(env) for argument in arguments]
            try:
                return function(*values)
            except SpecError as error:
                error.what = f"{name}(): {error.what}"
                raise

        return apply

    def arguments(self, closing: str) -> list[Code]:
        codes: list[Code] = []
        while not self.accept(closing):
            codes.append(self.expression())
            if not self.accept(","):
                self.expect(closing)
                break
        return codes


def _nothing(env: Environment) -> None:
    return None


def _binary(operation: Binary, left: Code, right: Code) -> Code:
    return lambda env: operation(left(env), right(env))


def _unknown_name(name: str, env: Environment) -> SpecError:
    if name in FUNCTIONS:
        return SpecError(f"'{name}' is a function", hint=f"write {name}(...)")
    return SpecError(f"unknown parameter '{name}'", hint=did_you_mean(name, env))
