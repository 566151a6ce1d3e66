"""A model's folder: files, and a manifest that names each with its SHA-256."""

import hashlib
import json
from pathlib import Path


def write_model(out: Path, manifest: dict, files: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (out / "manifest.json").write_bytes(json_bytes(manifest | {"files": hashes}, indent=1))


def json_bytes(document: dict, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return (json.dumps(document, indent=indent, separators=separators, allow_nan=False) + "\n").encode()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
