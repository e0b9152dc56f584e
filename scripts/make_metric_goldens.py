#!/usr/bin/env python3
"""Writes tests/OnnxEmbed.Evaluation.Tests/Goldens/*.json with scikit-learn 1.2.1 (Debian: apt-get install python3-sklearn).

Embeddings are float32 values; every expected value is computed on the same numbers in float64, silhouettes from distances
in long double. Run from the root of the repository: /usr/bin/python3 scripts/make_metric_goldens.py
"""
import json
import os
import warnings

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

OUT = os.path.join(os.path.dirname(__file__), "..", "tests", "OnnxEmbed.Evaluation.Tests", "Goldens")
assert sklearn.__version__ == "1.2.1", sklearn.__version__
warnings.filterwarnings("ignore")


def blobs(rng, n, d, k, spread, scale=1.0):
    centers = rng.normal(size=(k, d)) * scale
    y = np.arange(n) % k
    return centers[y] + rng.normal(size=(n, d)) * spread, y


def sets():
    rng = np.random.default_rng(20261123)
    yield "two_blobs", *blobs(rng, 60, 2, 2, 0.6)
    yield "four_blobs_8d", *blobs(rng, 120, 8, 4, 1.0)
    yield "overlapping_3d", *blobs(rng, 90, 3, 3, 3.0)
    x, y = blobs(rng, 61, 5, 3, 0.7)
    y = y.copy()
    y[0], y[7] = 3, 4
    yield "singletons", x, y
    x, y = blobs(rng, 30, 4, 3, 0.5)
    yield "duplicates", np.repeat(x, 3, axis=0), np.repeat(y, 3)
    x = np.repeat(rng.normal(size=(6, 3)), 4, axis=0)
    yield "duplicates_across_labels", x, np.arange(24) % 3
    yield "forty_labels", *blobs(rng, 200, 16, 40, 0.8)
    yield "n_minus_one_labels", rng.normal(size=(12, 3)), np.array(list(range(11)) + [0])
    x, y = blobs(rng, 80, 6, 3, 0.8)
    x = x.copy()
    x[[0, 1, 5, 40]] = 0
    yield "zero_rows", x, y
    x, y = blobs(rng, 100, 4, 3, 0.5)
    yield "large_offset_4d", x + 3000, y
    x, y = blobs(rng, 100, 12, 4, 0.2, 0.2)
    yield "narrow_cone", x + np.r_[np.ones(3) * 5, np.zeros(9)], y
    x, y = blobs(rng, 90, 384, 5, 1.0, 0.25)
    yield "wide_384d", x, y
    x = rng.normal(size=(150, 10))
    yield "random_labels", x, rng.integers(0, 3, 150)
    x, y = blobs(rng, 140, 4, 2, 1.2)
    y = np.where(np.arange(140) < 128, 0, 1)
    yield "imbalanced", x, y
    x, y = blobs(rng, 300, 7, 5, 1.1)
    yield "three_blocks_300", x, y
    yield "negative_labels", *(lambda x, y: (x, np.array([-1, 5, 1000])[y]))(*blobs(rng, 45, 3, 3, 0.9))


def silhouette(x, labels, cosine):
    x = x.astype(np.longdouble)
    if cosine:
        norms = np.sqrt((x**2).sum(1, keepdims=True))
        u = np.where(norms > 0, x / np.where(norms > 0, norms, 1), 0)
        # 1 - u.v = |u - v|^2 / 2 for unit rows, which does not cancel; a zero row is at distance 1 from all others.
        d = ((u[:, None] - u[None]) ** 2).sum(-1) / 2
        z = norms[:, 0] == 0
        d[z, :] = 1
        d[:, z] = 1
        d[d < 1e-18] = 0
    else:
        d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(-1))
    np.fill_diagonal(d, 0)
    names = np.unique(labels)
    out = np.zeros(len(x), dtype=np.longdouble)
    for i in range(len(x)):
        own = labels == labels[i]
        if own.sum() == 1:
            continue
        a = d[i, own].sum() / (own.sum() - 1)
        b = min(d[i, labels == c].mean() for c in names if c != labels[i])
        out[i] = 0 if max(a, b) == 0 else (b - a) / max(a, b)
    return out.astype(np.float64)


def hsic_unbiased(k, l):
    n = len(k)
    k, l = k.copy(), l.copy()
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    one = np.ones(n)
    return (np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def cka(x, y):
    xc, yc = x - x.mean(0), y - y.mean(0)
    biased = np.linalg.norm(xc.T @ yc) ** 2 / np.linalg.norm(xc.T @ xc) / np.linalg.norm(yc.T @ yc)
    k, l = xc @ xc.T, yc @ yc.T
    return biased, hsic_unbiased(k, l) / np.sqrt(hsic_unbiased(k, k) * hsic_unbiased(l, l))


def kmeans(x, k, init, **options):
    return KMeans(n_clusters=k, init=init, n_init=1, algorithm="lloyd", **options).fit(x)


def probe(x, y):
    n = len(x)
    train = np.arange(n) * 7 % 11 >= 4
    test = ~train
    # Newton on centred columns reaches the optimum that the default solver stops short of; the intercept being free, it is the same one.
    x = x - x[train].mean(0)
    model = LogisticRegression(solver="newton-cg", tol=1e-10, max_iter=100000).fit(x[train], y[train])
    knn = KNeighborsClassifier(5, algorithm="brute").fit(x[train], y[train])
    distances = np.sort(((x[test][:, None] - x[train][None]) ** 2).sum(-1), axis=1)[:, :6]
    known = np.isin(y[test], model.classes_)
    return {
        "probe_accuracy": model.score(x[test], y[test]),
        "probe_log_loss": metrics.log_loss(y[test][known], model.predict_proba(x[test][known]), labels=model.classes_),
        "probe_weight_norm": float(np.linalg.norm(model.coef_)),
        "knn_accuracy": knn.score(x[test], y[test]),
        "knn_ties_possible": bool((np.diff(distances, axis=1) < 1e-9).any()),
    }


def main():
    os.makedirs(OUT, exist_ok=True)
    rng = np.random.default_rng(7)
    for name, x, y in sets():
        x = np.ascontiguousarray(x, dtype=np.float32)
        x64, y = x.astype(np.float64), np.asarray(y)
        k = len(np.unique(y))
        start = rng.choice(len(x), size=min(k, 8), replace=False)
        km = kmeans(x64, len(start), x64[start])
        euclidean, cosine = silhouette(x64, y, False), silhouette(x64, y, True)
        reference = metrics.silhouette_samples(x64, y)
        if name != "large_offset_4d":
            assert np.abs(reference - euclidean).max() < 1e-6, (name, np.abs(reference - euclidean).max())
        other = np.random.default_rng(1).permutation(x64 @ np.random.default_rng(2).normal(size=(x.shape[1], 3)) + 0.3 * np.random.default_rng(3).normal(size=(len(x), 3)))
        other[: len(x) // 2] = (x64 @ np.random.default_rng(2).normal(size=(x.shape[1], 3)))[: len(x) // 2]
        other = other.astype(np.float32)
        biased, debiased = cka(x64, other.astype(np.float64))
        u = x64 / np.maximum(np.linalg.norm(x64, axis=1, keepdims=True), 1e-300)
        cosines = u @ u.T
        golden = {
            "made_by": "scripts/make_metric_goldens.py, scikit-learn " + sklearn.__version__,
            "rows": x.shape[0],
            "width": x.shape[1],
            "embeddings": [float(v) for v in x.ravel()],
            "labels": y.tolist(),
            "silhouette_samples_euclidean": euclidean.tolist(),
            "silhouette_samples_cosine": cosine.tolist(),
            "davies_bouldin": metrics.davies_bouldin_score(x64, y),
            "calinski_harabasz": metrics.calinski_harabasz_score(x64, y),
            "kmeans_initial_rows": start.tolist(),
            "kmeans_labels": km.labels_.tolist(),
            "kmeans_inertia": km.inertia_,
            "kmeans_iterations": int(km.n_iter_),
            "kmeans_ari": metrics.adjusted_rand_score(y, km.labels_),
            "kmeans_ami": metrics.adjusted_mutual_info_score(y, km.labels_),
            "kmeans_nmi": metrics.normalized_mutual_info_score(y, km.labels_),
            "kmeans_homogeneity": metrics.homogeneity_score(y, km.labels_),
            "kmeans_completeness": metrics.completeness_score(y, km.labels_),
            "kmeans_v_measure": metrics.v_measure_score(y, km.labels_),
            "mean_cosine": (cosines.sum() - np.trace(cosines)) / (len(x) * (len(x) - 1)),
            "cka_other": [float(v) for v in other.ravel()],
            "cka_biased": biased,
            "cka_debiased": debiased,
        }
        if k <= 5 and name != "n_minus_one_labels" and name != "singletons":
            golden |= probe(x64, y)
        with open(os.path.join(OUT, name + ".json"), "w") as f:
            json.dump(golden, f, separators=(",", ":"))
            f.write("\n")

    # A start whose last centre owns no row: the farthest row is moved to it.
    x = np.random.default_rng(11).normal(size=(50, 3)).astype(np.float32)
    far = np.vstack([x[:3], np.full((1, 3), 1e3)]).astype(np.float32)
    km = kmeans(x.astype(np.float64), 4, far.astype(np.float64))
    with open(os.path.join(OUT, "empty_cluster_relocation.kmeans.json"), "w") as f:
        json.dump({"rows": 50, "width": 3, "embeddings": [float(v) for v in x.ravel()], "initial_centers": [float(v) for v in far.ravel()],
                   "kmeans_labels": km.labels_.tolist(), "kmeans_inertia": km.inertia_, "kmeans_iterations": int(km.n_iter_)}, f, separators=(",", ":"))
        f.write("\n")

    # Agreement of labellings at the edges.
    cases = {"equal": ([0, 0, 1, 1], [1, 1, 0, 0]), "both_one": ([3, 3, 3], [1, 1, 1]), "one_against_many": ([0, 0, 0, 0], [0, 1, 2, 3]),
             "independent": ([0, 0, 1, 1], [0, 1, 0, 1]), "split": ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2])}
    r = np.random.default_rng(5)
    for i, (n, ka, kb) in enumerate([(50, 3, 4), (200, 2, 20), (33, 10, 10), (1000, 7, 2)]):
        cases[f"random_{i}"] = (r.integers(0, ka, n).tolist(), r.integers(0, kb, n).tolist())
    out = {}
    for name, (a, b) in cases.items():
        h, c, v = metrics.homogeneity_completeness_v_measure(a, b)
        out[name] = {"a": a, "b": b, "ari": metrics.adjusted_rand_score(a, b), "nmi": metrics.normalized_mutual_info_score(a, b),
                     "ami": metrics.adjusted_mutual_info_score(a, b), "homogeneity": h, "completeness": c, "v_measure": v}
    with open(os.path.join(OUT, "agreement.labels.json"), "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
