"""Markdown for people: tables and ranges. What was not measured is a dash."""


def table(head: list[str], rows: list[list]) -> list[str]:
    return [_line(head), "|" + "---|" * len(head), *(_line(row) for row in rows)]


def between(pair: list | None) -> str:
    return "-" if pair is None else f"{pair[0]} to {pair[1]}"


def _line(cells: list) -> str:
    return "| " + " | ".join("-" if cell is None else str(cell) for cell in cells) + " |"
