"""Writes the golden corpus anew; review the difference like code."""

import shutil

from tests.golden.corpus import cases, kept, made


def main() -> None:
    """Every case, and which of them moved."""
    moved = []
    for case in cases():
        wanted = made(case)
        if kept(case) == wanted:
            continue
        moved.append(case.folder.name)
        shutil.rmtree(case.folder / "expected", ignore_errors=True)
        (case.folder / "expected.txt").unlink(missing_ok=True)
        for path, held in wanted.items():
            target = case.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(held)
    print(f"moved: {', '.join(moved)}" if moved else "nothing moved")


if __name__ == "__main__":
    main()
