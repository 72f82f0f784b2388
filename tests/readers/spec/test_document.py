from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode

from flopcount.errors import SourceError, SpecError
from flopcount.readers.spec import document
from flopcount.readers.spec.document import compose, decode, is_null, kind_of, mapping_items, read_text, where


@pytest.fixture(params=["libyaml", "pure Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both composers, since PyYAML may come without libyaml."""
    if request.param == "pure Python":
        monkeypatch.setattr(document, "_Loader", yaml.SafeLoader)


def refusal(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        compose(text, "net.yaml")
    return caught.value


def plain(node: Any) -> Any:
    """A node as lists, dictionaries and texts."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node, MappingNode):
        return {plain(key): plain(value) for key, value in node.value}
    return [plain(item) for item in node.value]


texts = st.text(alphabet="aé0 :#-[{&'\"\n,", max_size=5)
trees = st.recursive(
    texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(trees, st.booleans())
def test_composes_what_was_dumped(tree: Any, flow: bool) -> None:
    assert plain(compose(yaml.safe_dump(tree, default_flow_style=flow), "net.yaml")) == tree


@given(st.text(alphabet="ab:-[]{},\n \t'\"#&*!|>%@<0", max_size=60))
def test_any_text_composes_or_is_refused_with_a_place(text: str) -> None:
    places = []
    try:
        compose(text, "net.yaml")
    except SpecError as error:
        places.append(error.where)
    assert all(place and place.startswith("net.yaml") for place in places)


@pytest.mark.usefixtures("loader")
def test_nodes_know_their_place() -> None:
    root = compose("name: x\nlayers:\n  - conv: {out: 16}\n", "net.yaml")
    assert isinstance(root, MappingNode)
    (_, _, name), (_, key, layers) = mapping_items("net.yaml", root)
    assert [where("net.yaml", node) for node in (name, key, layers.value[0])] == [
        "net.yaml:1:7",
        "net.yaml:2:1",
        "net.yaml:3:5",
    ]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_refused_at_once(opening: str) -> None:
    assert refusal(opening * 100_000).what == "nested more than 100 levels deep"


def test_deep_indentation_is_refused() -> None:
    assert refusal("".join(f"{' ' * i}a:\n" for i in range(300))).where == "net.yaml:100:100"


@pytest.mark.usefixtures("loader")
def test_as_deep_as_allowed() -> None:
    assert kind_of(compose("[" * 100 + "]" * 100, "net.yaml")) == "a list"


def test_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_NODES", 1000)
    error = refusal("layers:\n" + "- relu\n" * 1000)
    assert error.what == "the file has more than 1,000 values (aliases written out)"
    assert error.where == "net.yaml:2:1"


@pytest.mark.usefixtures("loader")
def test_aliases_are_the_same_node() -> None:
    root = compose("a: &a [1, 2]\nb: *a", "net.yaml")
    assert root.value[0][1] is root.value[1][1]


@pytest.mark.usefixtures("loader")
def test_an_alias_bomb_is_refused() -> None:
    bomb = "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    assert refusal(bomb).what == "the file has more than 3,000,000 values (aliases written out)"


@pytest.mark.usefixtures("loader")
def test_aliases_that_nest_without_bound_are_refused() -> None:
    chain = "- &a0 [x]\n" + "".join(f"- &a{i} [*a{i - 1}]\n" for i in range(1, 5000))
    assert refusal(chain).what == "nested more than 100 levels deep"


@pytest.mark.usefixtures("loader")
def test_aliases_of_oneself_are_refused() -> None:
    error = refusal("a: &x\n  b: [*x]")
    assert error.what == "an anchor's value contains an alias of itself"
    assert error.where == "net.yaml:1:4"


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "tag", "place"),
    [
        ("a: !!python/object/apply:os.system [ls]", "!!python/object/apply:os.system", "1:4"),
        ("a:\n- !foo 1", "!foo", "2:3"),
        ("a: !!int 3", "!!int", "1:4"),
        ("!!map {a: 1}", "!!map", "1:1"),
        ("? !k a\n: 1", "!k", "1:3"),
        ("when: !x", "!x", "1:7"),
    ],
)
def test_tags_are_refused(text: str, tag: str, place: str) -> None:
    error = refusal(text)
    assert error.what == f"the tag {tag} is not supported"
    assert error.where == f"net.yaml:{place}"


@pytest.mark.usefixtures("loader")
def test_tag_directives_are_refused_however_many() -> None:
    error = refusal("%YAML 1.2\n" + "".join(f"%TAG !{i}! x\n" for i in range(200_000)) + "--- a")
    assert error.what == "tags are not supported"
    assert error.where == "net.yaml:2:1"


@pytest.mark.usefixtures("loader")
def test_exclamation_marks_that_are_no_tags() -> None:
    assert plain(compose("when: stride != 1\nname: '!x'", "net.yaml")) == {"when": "stride != 1", "name": "!x"}


@pytest.mark.usefixtures("loader")
def test_merge_keys_are_refused() -> None:
    error = refusal("a: &a {x: 1}\nb:\n  <<: *a")
    assert error.what == "merge keys (<<) are not supported"
    assert error.hint == "define a block with arguments"
    assert error.where == "net.yaml:3:3"


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "\n\n"])
def test_empty_files(text: str) -> None:
    assert refusal(text).what == "the file is empty"


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "code", "place"),
    [("a: \x07", "U+0007", "1:4"), ("é: 1\nb: \x00", "U+0000", "2:4"), ("a\ufffe", "U+FFFE", "1:2"),
     ("a: \ud800", "U+D800", "1:4")],
)  # fmt: skip
def test_characters_that_yaml_forbids(text: str, code: str, place: str) -> None:
    error = refusal(text)
    assert error.what == f"the character {code} may not stand in a file"
    assert error.where == f"net.yaml:{place}"


@pytest.mark.usefixtures("loader")
def test_duplicate_keys_are_refused_with_both_places() -> None:
    root = compose("a: 1\nb: 2\n'a': 3\n", "net.yaml")
    assert isinstance(root, MappingNode)
    with pytest.raises(SpecError) as caught:
        mapping_items("net.yaml", root)
    assert caught.value.what == "the key 'a' stands twice (first at net.yaml:1:1)"
    assert caught.value.where == "net.yaml:3:1"


@pytest.mark.parametrize(("text", "kind"), [("? [a]\n: 1", "a list"), ("? {a: 1}\n: 1", "a mapping")])
def test_keys_are_text(text: str, kind: str) -> None:
    root = compose(text, "net.yaml")
    assert isinstance(root, MappingNode)
    with pytest.raises(SpecError, match=f"a key must be text, not {kind}"):
        mapping_items("net.yaml", root)


@pytest.mark.usefixtures("loader")
def test_null_and_kinds() -> None:
    items = compose("[~, null, '', '~', x, [], {}]", "net.yaml").value
    assert [is_null(node) for node in items] == [True, True, False, False, False, False, False]
    assert [kind_of(node) for node in items] == ["null", "null", "text", "text", "text", "a list", "a mapping"]


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        compose("a: 1", "net.yaml")
        assert gc.isenabled() is enabled
        refusal("a: [")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_reads_utf8_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    for encoding in ("utf-8", "utf-8-sig"):
        file.write_text("name: café\n", encoding=encoding)
        assert read_text(str(file)) == "name: café\n"


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(path: str) -> str:
        with pytest.raises(SourceError) as caught:
            read_text(path)
        return caught.value.what

    missing, folder, file = (str(tmp_path / name) for name in ("missing.yaml", "folder", "net.yaml"))
    Path(folder).mkdir()
    assert message(missing) == f"there is no file '{missing}'"
    assert message(folder) == f"'{folder}' is a directory, not a file"
    Path(file).write_bytes(b"name: caf\xe9\n")
    assert message(file) == f"'{file}' is not UTF-8 text: byte 0xe9 at offset 9"
    assert message(f"{file}/x") == f"'{file}/x' cannot be read: not a directory"
    assert message("a\0b") == "'a\0b' cannot be read: embedded null byte"
    Path(file).write_bytes(b"name: resnet\n" * 100)
    monkeypatch.setattr(document, "MAX_BYTES", 1000)
    assert message(file) == f"'{file}' is larger than 0 MB"

    def forbidden(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert message(file) == f"'{file}' cannot be read: permission denied"


@given(st.binary(max_size=50))
def test_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(SourceError):
        assert decode(data, "net.yaml").encode() == data.removeprefix(b"\xef\xbb\xbf")
