"""lifetimes (https://pypi.org/project/lifetimes) doing what models.sh asks of loyalty.

    lifetimes_peer.py fit HISTORIES ROUNDS MODEL...  medians of fits to x, t_x, tenure
    lifetimes_peer.py score ORDERS AS_OF             a score for each customer, from raw orders

Files are csv with a header.  Printed: a name and a figure on each line: kilobytes,
sums, or milliseconds followed by those of them that were computing.
"""
import resource
import statistics
import sys
import time
import warnings

import numpy
import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from lifetimes.utils import summary_data_from_transaction_data

FITTERS = {"bg_nbd": BetaGeoFitter, "mbg_nbd": ModifiedBetaGeoFitter, "pareto_nbd": ParetoNBDFitter}


def timed(work):
    start = time.perf_counter(), time.process_time()
    result = work()
    return 1000 * (time.perf_counter() - start[0]), 1000 * (time.process_time() - start[1]), result


def tell(name, *figures):
    print(name, *(f"{figure:.6f}" for figure in figures), flush=True)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fit(path, rounds, models):
    h = pandas.read_csv(path)
    for model in models:
        try:
            times = [timed(lambda: FITTERS[model]().fit(h["x"], h["t_x"], h["tenure"]))[:2] for _ in range(int(rounds))]
            tell(model, *(statistics.median(column) for column in zip(*times)))
        except Exception as error:
            print(f"{model}: lifetimes failed: {error}", file=sys.stderr)


def score(path, as_of):
    orders = pandas.read_csv(path, dtype={"customer_id": numpy.int32, "amount": numpy.float64}, parse_dates=["day"])
    tell("loaded_kb", peak())

    phases = {}
    *phases["summary"], s = timed(lambda: summary_data_from_transaction_data(
        orders, "customer_id", "day", "amount", observation_period_end=as_of))

    def fit_both():
        repeaters = s[(s["frequency"] > 0) & (s["monetary_value"] > 0)]
        return (BetaGeoFitter().fit(s["frequency"], s["recency"], s["T"]),
                GammaGammaFitter().fit(repeaters["frequency"], repeaters["monetary_value"]))

    *phases["fit"], (process, spend) = timed(fit_both)

    def score_all():
        history = s["frequency"], s["recency"], s["T"]
        alive = process.conditional_probability_alive(*history)
        purchases = process.conditional_expected_number_of_purchases_up_to_time(365, *history)
        return alive, purchases * spend.conditional_expected_average_profit(s["frequency"], s["monetary_value"])

    *phases["score"], (alive, value) = timed(score_all)
    for name, milliseconds in phases.items():
        tell(name, *milliseconds)
    tell("peak_kb", peak())
    tell("sum_p_alive", alive.sum())
    tell("sum_ltv", value.sum())


warnings.simplefilter("ignore")
numpy.seterr(all="ignore")
numpy.random.seed(1)
if sys.argv[1] == "fit":
    fit(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    score(sys.argv[2], sys.argv[3])
