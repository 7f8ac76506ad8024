"""Values that picture sets and pictures inherit from the index files above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .problems import DocumentProblem, Place, Problem
from .spelling import HERE, OF_SETS_ONLY, is_rebuilt
from .tree import Node, members, merge

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Given:
    """The values of one directory: for each picture, for each set, and for the directory's own set."""

    pictures: Node
    sets: Node
    own_set: Node

    @classmethod
    def nothing(cls) -> Given:
        nothing = Node({}, Place(""))
        return cls(nothing, nothing, nothing)

    def add(self, index: Node, *, holds_pictures: bool) -> Given:
        """The values of a directory below, or of the same one, with this index. Raises `DocumentProblem`."""
        given = dict(members(index))
        here = given.pop(HERE, None)
        own_set = Node({}, index.place)
        if here is not None:
            if not isinstance(here.value, dict):
                _refuse("must hold keys with values", [here])
            if not holds_pictures:
                _refuse("describes the pictures of this directory, which holds none itself", [here])
            own_set = here
        pictures = {key: node for key, node in given.items() if key not in OF_SETS_ONLY}
        sets = {key: node for key, node in given.items() if key in OF_SETS_ONLY or key == "client_data"}
        inherited = merge(self.sets, Node(sets, index.place))
        return Given(merge(self.pictures, Node(pictures, index.place)), inherited, merge(inherited, own_set))

    def below(self) -> Given:
        """The values that a directory below inherits."""
        return Given(self.pictures, self.sets, self.sets)

    def picture(self, own: Node) -> Node:
        """The document of a picture with its own file. Raises `DocumentProblem`."""
        misplaced = [node for key, node in members(own).items() if key in OF_SETS_ONLY or key == HERE]
        if misplaced and not is_rebuilt(own):
            _refuse("belongs into an index.yaml: it describes all pictures of a directory", misplaced)
        return merge(self.pictures, own)


def _refuse(message: str, nodes: Iterable[Node]) -> None:
    places = [node.place for node in nodes]
    raise DocumentProblem(Problem(place.file, message, place.line, place.instance_path) for place in places)
