"""Random journals of points accounts with the answers of the executable model.

    python3 points_ledger.py MODEL.py JOURNALS SEED

Prints one line a step, fields separated by tabs, - where there is nothing:
    J grace order                                   two new accounts, 0 and 1
    E account kind key at points ref from until     an event, and then
    A ok|no available pending held arrears expired spent reversed moved
    T key at points                                 a transfer from 0 to 1, and then
    A for each of the two accounts
    L account key earned from until amount remaining held spent expired reversed moved
                                                    each lot, at the end of a journal
"""
import importlib.util
import pickle
import random
import sys
import types

path, journals, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
spec = importlib.util.spec_from_file_location('points_ledger_model', path)
model = importlib.util.module_from_spec(spec)
sys.modules['points_ledger_model'] = model
spec.loader.exec_module(model)
# the model copies a whole account before each event; this is the same, faster
model.copy = types.SimpleNamespace(deepcopy=lambda d: pickle.loads(pickle.dumps(d, -1)))
INF = model.INF
rnd = random.Random(seed)
out = []


def show(x):
    return '-' if x is None else 'infinity' if x == INF else str(x)


def answer(ok, wallet):
    out.append('A\t%s\t%s' % ('ok' if ok else 'no', '\t'.join(map(str, wallet.view()))))


def attempt(f):
    try:
        f()
        return True
    except model.Err:
        return False


def journal():
    grace = rnd.choice([0, 0, 0, 1, 5, 20])
    order = rnd.choice(['fefo', 'fefo', 'fifo'])
    wallets = [model.Wallet(grace, order), model.Wallet(grace, order)]
    out.append('J\t%d\t%s' % (grace, order))
    given, at_once = [], set()
    now, number = 1000, 0
    size = rnd.choice([10, 20, 40])
    most = rnd.choice([3, 10, 100])
    # each journal likes some kinds better than others: rare sequences come up
    kinds = ['earn', 'confirm', 'hold', 'capture', 'void', 'redeem', 'refund', 'reverse', 'adjust', 'transfer', 'again']
    weights = [8] + [rnd.choice([1, 1, 3, 6]) for _ in kinds[1:]]

    def until():
        return INF if rnd.random() < 0.3 else now + rnd.randint(-3, 25)

    for _ in range(size):
        now += rnd.choice([0, 0, 1, 1, 2, 5, 15])
        at = now - rnd.randint(1, 4) if rnd.random() < 0.1 else now
        kind = rnd.choices(kinds, weights)[0]
        which = 0 if rnd.random() < 0.8 else 1
        wallet = wallets[which]
        number += 1
        key = rnd.choice(['k', 'K', 'é']) + str(number)
        points = rnd.randint(1, most) if rnd.random() < 0.97 else rnd.randint(-2, 0)
        lots = [l.id for l in wallet.lots] + ['none']
        pick = lambda things: rnd.choice(things)
        if kind == 'transfer':
            at = max(now, wallets[0].now, wallets[1].now)
            now = at
            before = len(wallets[1].lots)
            ok = attempt(lambda: model.transfer(wallets[0], wallets[1], key, at, points))
            for lot in wallets[1].lots[before:]:
                lot.frm = lot.earned		# the journal of the other account says no more
            out.append('T\t%s\t%d\t%d' % (key, at, points))
            for w in wallets:
                answer(ok, w)
            continue
        if kind == 'again':
            if not given:
                continue
            which, event = rnd.choice(given)
            wallet = wallets[which]
            event = list(event)
            event[2] = at
            if rnd.random() < 0.3:
                event[3] = rnd.choice([event[3], 1, 2]) if not isinstance(event[3], str) else rnd.choice(lots)
            event = tuple(event)
        elif kind == 'earn':
            frm = rnd.choice([None, None, None, now + rnd.randint(-2, 10), INF])
            # available at once means from book time on, which for a late event is the later one
            if frm is None:
                at_once.add(key)
            event = ('earn', key, at, points, max(at, wallet.now) if frm is None else frm, until())
        elif kind == 'confirm':
            event = (kind, key, at, pick(lots))
        elif kind == 'hold':
            event = (kind, key, at, points, until())
        elif kind == 'capture':
            event = (kind, key, at, pick(list(wallet.holds) + ['none']), points)
        elif kind == 'void':
            event = (kind, key, at, pick(list(wallet.holds) + ['none']))
        elif kind == 'redeem':
            event = (kind, key, at, points)
        elif kind == 'refund':
            event = (kind, key, at, pick(list(wallet.reds) + ['none']), points)
        elif kind == 'reverse':
            event = (kind, key, at, pick(lots), points)
        elif kind == 'adjust':
            event = (kind, key, at, rnd.choice([-1, -1, 1]) * points, rnd.random() < 0.5)
        ok = attempt(lambda: wallet.apply(event))
        if ok:
            given.append((which, event))
        op, key, at, *a = event
        n = ref = frm = unt = None
        if op == 'earn':
            n, frm, unt = a
            frm = None if key in at_once else frm
        elif op in ('confirm', 'void'):
            ref, = a
        elif op == 'hold':
            n, unt = a
        elif op in ('capture', 'refund', 'reverse'):
            ref, n = a
        elif op == 'redeem':
            n, = a
        elif op == 'adjust':
            n, ref = a[0], 'allow_arrears' if a[1] else None
        out.append('\t'.join(['E', str(which), op, key, str(at)] + [show(x) for x in (n, ref, frm, unt)]))
        answer(ok, wallet)
    for which, wallet in enumerate(wallets):
        for l in wallet.lots:
            out.append('\t'.join(['L', str(which), l.id] + [show(x) for x in (
                l.earned, l.frm, l.until, l.amt, l.rem, l.held, l.spent, l.expired, l.rev, l.moved)]))


for _ in range(journals):
    journal()
    sys.stdout.write('\n'.join(out) + '\n')
    out.clear()
