"""What numpy's singular value decomposition makes of matrices whose plane the kernel has found. Run by the tests of src/execute/plot/plane, which write both
to its standard input: rows, dimensions, the part of the variance that is kept, the points; then the matrix."""

import sys

import numpy as np

data, matrices = sys.stdin.buffer.read(), 0
while data:
    count, dim, kept = np.frombuffer(data, "<f8", 3)
    count, dim = int(count), int(dim)
    points = np.frombuffer(data, "<f8", 2 * count, 24).reshape(count, 2)
    rows = np.frombuffer(data, "<f4", count * dim, 24 + points.nbytes).reshape(count, dim).astype("f8")
    data = data[24 + points.nbytes + rows.nbytes // 2 :]
    left, values, axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    best = (values[:2] ** 2).sum() / (values**2).sum()
    case = f"{count} x {dim}"
    assert best * 0.99 <= kept <= best * (1 + 1e-5), f"{case}: {kept} of {best}"
    for at in range(2):
        if values[at] < values[0] * 1e-4:  # the rows lie on a line
            assert np.abs(points[:, at]).max() <= values[0] * 1e-3, case
            continue
        alike = abs(left[:, at] @ points[:, at]) / np.linalg.norm(points[:, at])
        gap = 1 - values[at + 1] / values[at]
        assert alike >= 1 - (1e-2 if gap < 0.1 else 1e-3) or gap < 0.05, f"{case}: axis {at} is {alike}, with a gap of {gap}"
        size = np.linalg.norm(points[:, at])
        assert abs(size / values[at] - 1) < 1e-2, f"{case}: {size} for {values[at]}"
        along = axes[at] * (1 if axes[at][np.abs(axes[at]).argmax()] > 0 else -1)
        placed = (rows - rows.mean(axis=0)) @ along
        assert gap < 0.1 or np.abs(placed - points[:, at]).max() <= values[at] * 0.05, f"{case}: axis {at} has another sign"
    matrices += 1
assert matrices == 7, matrices
