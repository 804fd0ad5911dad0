"""From samples to the figures of a result line, as in the harness."""


def quantiles(samples, divisor=1):
    """Figures of samples in nanoseconds, each divided; the words of a result line."""
    ordered = sorted(samples)
    count = len(ordered)
    if count == 0:
        return {"count": 0}

    def per_mille(share):
        rank = -(-count * share // 1000)
        return ordered[rank - 1]

    figures = {
        "p50": per_mille(500),
        "p99": per_mille(990),
        "p999": per_mille(999),
        "min": ordered[0],
        "mean": sum(ordered) / count,
        "max": ordered[-1],
    }
    words = {name: f"{value / divisor:.1f}" for name, value in figures.items()}
    return {**words, "count": count}
