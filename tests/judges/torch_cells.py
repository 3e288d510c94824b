r"""Every ready recurrence once more, as a forward pass in plain PyTorch; autograd does the rest.

A function has the name of its recurrence and takes the parameters, inputs and open initial values by name,
and the target; it gives all states and outputs at the times 1..T, and the loss. Arrays are time-major with a
batch axis: x (T, B, m), initial values (B, n).
"""

from types import SimpleNamespace

import torch
from torch import exp, log, relu, sigmoid, softmax, sqrt, stack, tanh
from torch.nn.functional import layer_norm, linear


def gradients(forward, arrays, of):
    """Autograd's gradients: of "loss", or of "cotangents" times states and outputs. Returns (value, by role).

    arrays: {"parameters", "inputs", "initial", "targets", "cotangents"}, each name -> array.
    """
    leaves = {
        role: {name: torch.tensor(value, requires_grad=True) for name, value in arrays[role].items()}
        for role in ("parameters", "inputs", "initial")
    }
    (target,) = arrays["targets"].values()
    values, loss = forward(*(SimpleNamespace(**leaves[role]) for role in leaves), torch.tensor(target))
    if of == "cotangents":
        loss = sum((torch.tensor(bar) * values[name]).sum() for name, bar in arrays["cotangents"].items())
    loss.backward()
    by = {role: {name: gradient_by(leaf) for name, leaf in group.items()} for role, group in leaves.items()}
    return loss.item(), by


def gradient_by(leaf):
    """Zeros where nothing depends on the leaf."""
    return torch.zeros_like(leaf).numpy() if leaf.grad is None else leaf.grad.numpy()


def scan(step, inputs, *states):
    """The states at the times 1..T, each stacked over time."""
    rows = []
    for x in inputs:
        states = step(x, *states)
        rows.append(states)
    return [stack(column) for column in zip(*rows, strict=True)]


def cross_entropy(y, d):
    return -(d * log(y)).sum()


def squared(y, d):
    return ((y - d) ** 2).sum() / 2


def joined(*parts):
    return torch.cat(parts, -1)


# ------------------------------------------------------------------ simple networks


def simple_rnn(p, i, start, d):
    (a,) = scan(lambda x, a: (sigmoid(linear(a, p.W_aa) + linear(x, p.W_ax, p.b)),), i.x, start.a)
    y = softmax(linear(a, p.W_ya, p.b_y), -1)
    return {"a": a, "y": y}, cross_entropy(y, d)


def elman_tanh(p, i, start, d):
    (a,) = scan(lambda x, a: (tanh(linear(a, p.W_aa) + linear(x, p.W_ax, p.b)),), i.x, start.a)
    y = softmax(linear(a, p.W_ya, p.b_y), -1)
    return {"a": a, "y": y}, cross_entropy(y[-1], d[-1])


def elman_relu(p, i, start, d):
    (h,) = scan(lambda x, h: (relu(linear(h, p.W) + linear(x, p.U, p.b)),), i.x, start.h)
    y = linear(h, p.V, p.c)
    return {"h": h, "y": y}, squared(y, d)


def elman_batch_columns(p, i, start, d):
    def step(x, a):
        return (tanh(p.W_x @ x + p.W_a @ a + p.b_a[:, None]),)

    (a,) = scan(step, i.X, start.A)
    y = softmax(p.W_y @ a + p.b_y[:, None], -2)
    return {"A": a, "Y": y}, cross_entropy(y, d) / d.shape[-1]


def elman_batch_rows(p, i, start, d):
    (h,) = scan(lambda x, h: (tanh(x @ p.W_xh + h @ p.W_hh + p.b_h),), i.X, start.H)
    y = softmax(h @ p.W_hy + p.b_y, -1)
    return {"H": h, "Y": y}, cross_entropy(y, d) / d.shape[-2]


def embedding_rnn(p, i, start, d):
    e = linear(i.x, p.E)
    (a,) = scan(lambda e, a: (tanh(linear(a, p.W_aa) + linear(e, p.W_ae, p.b)),), e, start.a)
    y = softmax(linear(a, p.W_ya, p.b_y), -1)
    return {"a": a, "y": y}, cross_entropy(y, d)


def bag_of_vectors(p, i, start, d):
    s = start.s + linear(i.x, p.E).cumsum(0)
    t = torch.arange(1, len(i.x) + 1)[:, None, None]
    y = softmax(linear(tanh(linear(s / t, p.W, p.b)), p.V, p.b_y), -1)
    return {"s": s, "y": y}, cross_entropy(y[-1], d[-1])


def jordan(p, i, start, d):
    def step(x, y):
        a = sigmoid(linear(y, p.W_ay) + linear(x, p.W_ax, p.b))
        return (softmax(linear(a, p.W_ya, p.b_y), -1),)

    (y,) = scan(step, i.x, start.y)
    return {"y": y}, cross_entropy(y, d)


def elman_jordan(p, i, start, d):
    def step(x, a, y):
        a = sigmoid(linear(a, p.W) + linear(y, p.V) + linear(x, p.U, p.b))
        return a, sigmoid(linear(a, p.W_y, p.b_y))

    a, y = scan(step, i.x, start.a, start.y)
    return {"a": a, "y": y}, squared(y, d)


def two_lags(p, i, start, d):
    def step(x, h, before):
        return tanh(linear(h, p.W_1) + linear(before, p.W_2) + linear(x, p.U, p.b)), h

    h, _ = scan(step, i.x, start.h[1], start.h[0])
    y = linear(h, p.V)
    return {"h": h, "y": y}, squared(y[-1], d[-1])


def two_layer_rnn(p, i, start, d):
    def step(x, one, two):
        one = tanh(linear(one, p.W_1) + linear(x, p.U_1, p.b_1))
        return one, tanh(linear(two, p.W_2) + linear(one, p.U_2, p.b_2))

    one, two = scan(step, i.x, start.h_1, start.h_2)
    y = softmax(linear(two, p.V, p.b_y), -1)
    return {"h_1": one, "h_2": two, "y": y}, cross_entropy(y, d)


def deep_rnn(p, i, start, d):
    below, layers = i.x, {}
    for n in (1, 2, 3):
        W, U, b = (getattr(p, f"{name}_{n}") for name in "WUb")
        (below,) = scan(
            lambda x, h, W=W, U=U, b=b: (tanh(linear(h, W) + linear(x, U, b)),),
            below,
            getattr(start, f"h_{n}"),
        )
        layers[f"h_{n}"] = below
    y = softmax(linear(below, p.V, p.b_y), -1)
    return {**layers, "y": y}, cross_entropy(y, d)


def bidirectional_rnn(p, i, start, d):
    (f,) = scan(lambda x, f: (tanh(linear(f, p.W_f) + linear(x, p.U_f, p.b_f)),), i.x, start.h_overrightarrow)
    (g,) = scan(
        lambda x, g: (tanh(linear(g, p.W_b) + linear(x, p.U_b, p.b_b)),), i.x.flip(0), start.h_overleftarrow
    )
    y = softmax(linear(joined(f, g.flip(0)), p.V, p.b_y), -1)
    return {"h_overrightarrow": f, "h_overleftarrow": g.flip(0), "y": y}, cross_entropy(y, d)


def leaky_rnn(p, i, start, d):
    def step(x, h):
        return ((1 - p.alpha) * h + p.alpha * tanh(linear(h, p.W) + linear(x, p.U, p.b)),)

    (h,) = scan(step, i.x, start.h)
    y = linear(h, p.V)
    return {"h": h, "y": y}, squared(y, d)


def antisymmetric_rnn(p, i, start, d):
    matrix = p.W - p.W.T - p.gamma * torch.eye(len(p.W), dtype=p.W.dtype)
    (h,) = scan(lambda x, h: (h + p.epsilon * tanh(linear(h, matrix) + linear(x, p.U, p.b)),), i.x, start.h)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"h": h, "y": y}, cross_entropy(y[-1], d[-1])


def ctrnn(p, i, start, d):
    def step(x, h):
        return (h + p.eta / p.tau * (linear(sigmoid(h + p.b), p.W) + linear(x, p.U) - h),)

    (h,) = scan(step, i.x, p.s)
    return {"h": h}, squared(h, d)


def ind_rnn(p, i, start, d):
    (h,) = scan(lambda x, h: (relu(linear(x, p.W, p.b) + p.u * h),), i.x, start.h)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"h": h, "y": y}, cross_entropy(y[-1], d[-1])


def layer_norm_rnn(p, i, start, d):
    def step(x, h):
        u = linear(h, p.W) + linear(x, p.U)
        return (tanh(p.g * layer_norm(u, u.shape[-1:], eps=1e-5) + p.b),)

    (h,) = scan(step, i.x, p.s)
    y = linear(h, p.V)
    return {"h": h, "y": y}, squared(y[-1], d[-1])


# ------------------------------------------------------------------ long short-term memory


def remember(update, forget, output, candidate, c):
    """The new c and activation, from gates."""
    c = forget * c + update * candidate
    return c, output * tanh(c)


def lstm(p, i, start, d):
    def step(x, c, a):
        z = joined(a, x)
        u, f, o = (sigmoid(linear(z, W, b)) for W, b in ((p.W_u, p.b_u), (p.W_f, p.b_f), (p.W_o, p.b_o)))
        return remember(u, f, o, tanh(linear(z, p.W_c, p.b_c)), c)

    c, a = scan(step, i.x, start.c, start.a)
    y = softmax(linear(a, p.W_y, p.b_y), -1)
    return {"c": c, "a": a, "y": y}, cross_entropy(y, d)


def lstm_sum(p, i, start, d):
    def step(x, c, h):
        u = sigmoid(linear(x, p.W_i) + linear(h, p.U_i) + p.b_i)
        f = sigmoid(linear(x, p.W_f) + linear(h, p.U_f) + p.b_f)
        o = sigmoid(linear(x, p.W_o) + linear(h, p.U_o) + p.b_o)
        return remember(u, f, o, tanh(linear(x, p.W_g) + linear(h, p.U_g) + p.b_g), c)

    c, h = scan(step, i.x, p.s, p.r)
    return {"c": c, "h": h}, squared(h, d)


def lstm_added(p, i, start, d):
    def step(x, c, a):
        z = a + x
        u, f, o = (sigmoid(linear(z, W, b)) for W, b in ((p.W_u, p.b_u), (p.W_f, p.b_f), (p.W_o, p.b_o)))
        return remember(u, f, o, tanh(linear(z, p.W_c, p.b_c)), c)

    c, a = scan(step, i.x, start.c, start.a)
    return {"c": c, "a": a}, squared(a[-1], d[-1])


def lstm_simplified(p, i, start, d):
    def step(x, c, a):
        gates = ((p.W_u, p.b_u), (p.W_f, p.b_f), (p.W_o, p.b_o), (p.W_c, p.b_c))
        return remember(*(sigmoid(linear(x, W, b)) for W, b in gates), c)

    c, a = scan(step, i.x, start.c, None)
    return {"c": c, "a": a}, squared(a[-1], d[-1])


def lstm_coupled(p, i, start, d):
    def step(x, c, h):
        u = sigmoid(linear(x, p.W_i) + linear(h, p.U_i) + p.b_i)
        o = sigmoid(linear(x, p.W_o) + linear(h, p.U_o) + p.b_o)
        return remember(u, 1 - u, o, tanh(linear(x, p.W_g) + linear(h, p.U_g) + p.b_g), c)

    c, h = scan(step, i.x, start.c, start.h)
    return {"c": c, "h": h}, squared(h, d)


def lstm_peephole(p, i, start, d):
    def step(x, c, h):
        u = sigmoid(linear(x, p.W_i) + linear(h, p.U_i) + p.p_i * c + p.b_i)
        f = sigmoid(linear(x, p.W_f) + linear(h, p.U_f) + p.p_f * c + p.b_f)
        c = f * c + u * tanh(linear(x, p.W_g) + linear(h, p.U_g) + p.b_g)
        return c, sigmoid(linear(x, p.W_o) + linear(h, p.U_o) + p.p_o * c + p.b_o) * tanh(c)

    c, h = scan(step, i.x, start.c, start.h)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"c": c, "h": h, "y": y}, cross_entropy(y, d)


def two_layer_lstm(p, i, start, d):
    def layer(z, c, W, b):
        u, f, o = (sigmoid(linear(z, W[gate], b[gate])) for gate in "ifo")
        return remember(u, f, o, tanh(linear(z, W["g"], b["g"])), c)

    W, b = ([{g: getattr(p, f"{name}_{g}_{number}") for g in "ifog"} for number in (1, 2)] for name in "Wb")

    def step(x, c_1, h_1, c_2, h_2):
        c_1, h_1 = layer(joined(h_1, x), c_1, W[0], b[0])
        return c_1, h_1, *layer(joined(h_2, h_1), c_2, W[1], b[1])

    c_1, h_1, c_2, h_2 = scan(step, i.x, start.c_1, start.h_1, start.c_2, start.h_2)
    return {"c_1": c_1, "h_1": h_1, "c_2": c_2, "h_2": h_2}, squared(h_2[-1], d[-1])


# ------------------------------------------------------------------ gated units


def gru_after(p, i, start, d):
    def step(x, h):
        r = sigmoid(linear(x, p.W_r, p.b_r) + linear(h, p.U_r))
        z = sigmoid(linear(x, p.W_z, p.b_z) + linear(h, p.U_z))
        return ((1 - z) * tanh(linear(x, p.W_n, p.b_n) + r * linear(h, p.U_n, p.e_n)) + z * h,)

    (h,) = scan(step, i.x, start.h)
    return {"h": h}, squared(h, d)


def reset_before(p, x, h):
    """The update gate and the candidate of the units that reset before the product."""
    r = sigmoid(linear(x, p.W_r, p.b_r) + linear(h, p.U_r))
    z = sigmoid(linear(x, p.W_z, p.b_z) + linear(h, p.U_z))
    return z, tanh(linear(x, p.W_h, p.b_h) + linear(r * h, p.U_h))


def gru_before(p, i, start, d):
    def step(x, h):
        z, candidate = reset_before(p, x, h)
        return (z * h + (1 - z) * candidate,)

    (h,) = scan(step, i.x, start.h)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"h": h, "y": y}, cross_entropy(y[-1], d[-1])


def gru_other_sign(p, i, start, d):
    def step(x, h):
        z, candidate = reset_before(p, x, h)
        return ((1 - z) * h + z * candidate,)

    (h,) = scan(step, i.x, p.s)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"h": h, "y": y}, cross_entropy(y, d)


def mgu(p, i, start, d):
    def step(x, h):
        f = sigmoid(linear(joined(h, x), p.W_f, p.b_f))
        return ((1 - f) * h + f * tanh(linear(joined(f * h, x), p.W_h, p.b_h)),)

    (h,) = scan(step, i.x, start.h)
    return {"h": h}, squared(h[-1], d[-1])


def min_gru(p, i, start, d):
    def step(x, h):
        z = sigmoid(linear(x, p.W_z, p.b_z))
        return ((1 - z) * h + z * linear(x, p.W_h, p.b_h),)

    (h,) = scan(step, i.x, start.h)
    y = softmax(linear(h, p.V, p.b_y), -1)
    return {"h": h, "y": y}, cross_entropy(y, d)


# ------------------------------------------------------------------ linear states


def lru(p, i, start, d):
    decay = exp(-exp(p.nu))
    scale = sqrt(1 - decay**2)
    (h,) = scan(lambda x, h: (decay * h + scale * linear(x, p.B),), i.x, start.h)
    y = linear(h, p.C) + linear(i.x, p.D)
    return {"h": h, "y": y}, squared(y, d)


def outer(v, k):
    return v[..., :, None] * k[..., None, :]


def read(matrix, q):
    return (matrix @ q[..., None])[..., 0]


def delta_net(p, i, start, d):
    def step(x, memory):
        k = linear(x, p.W_k)
        k = k / k.norm(dim=-1, keepdim=True)
        beta = sigmoid(x @ p.w)[:, None, None]
        keep = torch.eye(k.shape[-1], dtype=k.dtype) - beta * outer(k, k)
        return (memory @ keep + beta * outer(linear(x, p.W_v), k),)

    (memory,) = scan(step, i.x, start.S)
    y = read(memory, linear(i.x, p.W_q))
    return {"S": memory, "y": y}, squared(y, d)


def mlstm(p, i, start, d):
    def step(x, memory, z):
        k = linear(x, p.W_k) / len(p.W_k) ** 0.5
        u, f = exp(x @ p.w_i + p.b_i)[:, None], sigmoid(x @ p.w_f + p.b_f)[:, None]
        return f[..., None] * memory + u[..., None] * outer(linear(x, p.W_v), k), f * z + u * k

    memory, z = scan(step, i.x, start.C, start.z)
    q = linear(i.x, p.W_q)
    divisor = torch.clamp((z * q).sum(-1, keepdim=True).abs(), min=1)
    h = sigmoid(linear(i.x, p.W_o, p.b_o)) * read(memory, q) / divisor
    return {"C": memory, "z": z, "h": h}, squared(h, d)


# ------------------------------------------------------------------ later ones


def sru(p, i, start, d):
    def step(x, c):
        f = sigmoid(linear(x, p.W_f, p.b_f) + p.v_f * c)
        return (f * c + (1 - f) * linear(x, p.W),)

    (c,) = scan(step, i.x, start.c)
    before = torch.cat([start.c[None], c[:-1]])
    r = sigmoid(linear(i.x, p.W_r, p.b_r) + p.v_r * before)
    h = r * c + (1 - r) * i.x
    return {"c": c, "h": h}, squared(h, d)


def selective_ssm(p, i, start, d):
    def step(x, h):
        by = torch.nn.functional.softplus(linear(x, p.W_Delta, p.b))
        return (exp(-by[..., None] * exp(p.A)) * h + outer(by * x, linear(x, p.W_B)),)

    (h,) = scan(step, i.x, start.h)
    y = read(h, linear(i.x, p.W_C)) + p.D * i.x
    return {"h": h, "y": y}, squared(y, d)


def cornn(p, i, start, d):
    def step(u, z, y):
        force = tanh(linear(y, p.W_y) + linear(z, p.W_z) + linear(u, p.V, p.b)) - p.gamma * y - p.epsilon * z
        z = z + p.Delta_t * force
        return z, y + p.Delta_t * z

    z, y = scan(step, i.u, start.z, start.y)
    o = linear(y, p.Q)
    return {"z": z, "y": y, "o": o}, squared(o, d)


def slstm(p, i, start, d):
    def step(x, m, c, h, n):
        by_i, by_f = (
            linear(x, W, b) + linear(h, R) for W, R, b in ((p.W_i, p.R_i, p.b_i), (p.W_f, p.R_f, p.b_f))
        )
        largest = torch.maximum(by_f + m, by_i)
        u, f = exp(by_i - largest), exp(by_f + m - largest)
        c = f * c + u * tanh(linear(x, p.W_z, p.b_z) + linear(h, p.R_z))
        n = f * n + u
        return largest, c, sigmoid(linear(x, p.W_o, p.b_o) + linear(h, p.R_o)) * c / n, n

    m, c, h, n = scan(step, i.x, start.m, start.c, start.h, torch.ones_like(start.c))
    return {"m": m, "c": c, "n": n, "h": h}, squared(h, d)
