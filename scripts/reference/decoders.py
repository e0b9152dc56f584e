#!/usr/bin/env python3
"""Writes tests/OnnxEmbed.Models.Tests/Architectures/Decoders/<family>/: tiny random decoders as Hugging Face directories and what they compute.

The forward passes are ours, in plain PyTorch operations and double precision, after the papers and the behaviour of transformers 4.57
(config defaults, order of operations, masks, rotary scaling). Nothing here is shared with the C# code that it judges.
Run from the root of the repository with Debian's python3-torch 1.13.1: /usr/bin/python3 scripts/reference/decoders.py

Each family directory holds
  config.json, model.safetensors   a model with the parameter names of its Hugging Face checkpoint (head and buffers included)
  cases.json                       token ids [3, 12], lengths of the ragged batch, and for each case what it changes in config.json
  expected.safetensors             per case: "<case>.full" f32 [3, 12, H], last hidden states of the batch without padding;
                                   "<case>.ragged" f32 [22, H], those of the first 12, 7 and 3 tokens of the texts one after another.
The ragged texts are run alone, padded at the right and padded at the left, and must agree to 1e-10 here before they are written.
Lengths that steer a rotary scaling (dynamic NTK, longrope) are those of each text, not of the padded batch.
"""
import copy
import json
import math
import os
import struct

import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "OnnxEmbed.Models.Tests", "Architectures", "Decoders")
VOCAB, BATCH, LENGTH, LENGTHS = 64, 3, 12, (12, 7, 3)
torch.set_default_dtype(torch.float64)


# Rotary positions ----------------------------------------------------------------------------------------------------------------------

def frequencies(scaling, theta, dim, lengths, max_position, original):
    """Frequencies [B, dim / 2] and the factor on cosine and sine."""
    i = torch.arange(0, dim, 2, dtype=torch.float64) / dim
    plain = (1.0 / theta ** i)[None].repeat(len(lengths), 1)
    if scaling is None:
        return plain, 1.0
    kind = scaling.get("rope_type", scaling.get("type"))
    factor = scaling.get("factor")
    if kind in (None, "default"):
        return plain, 1.0
    if kind == "linear":
        return plain / factor, 1.0
    if kind == "dynamic":
        seen = torch.tensor([float(max(n, max_position)) for n in lengths])
        base = theta * (factor * seen / max_position - (factor - 1)) ** (dim / (dim - 2))
        return 1.0 / base[:, None] ** i[None], 1.0
    if kind == "llama3":
        old, low, high = scaling["original_max_position_embeddings"], scaling["low_freq_factor"], scaling["high_freq_factor"]
        out = plain.clone()
        for row in out:
            for k in range(len(row)):
                wave = 2 * math.pi / float(row[k])
                if wave > old / low:
                    row[k] = row[k] / factor
                elif wave >= old / high:
                    smooth = (old / wave - low) / (high - low)
                    row[k] = (1 - smooth) * row[k] / factor + smooth * row[k]
        return out, 1.0
    if kind == "yarn":
        original = scaling.get("original_max_position_embeddings") or max_position
        scale = scaling.get("attention_factor")
        if scale is None:
            def mscale(m):
                return 1.0 if factor <= 1 else 0.1 * m * math.log(factor) + 1.0
            m, all_dims = scaling.get("mscale"), scaling.get("mscale_all_dim")
            scale = mscale(m) / mscale(all_dims) if m and all_dims else mscale(1)

        def dimension(rotations):
            return dim * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(theta))
        low, high = dimension(scaling.get("beta_fast") or 32), dimension(scaling.get("beta_slow") or 1)
        if scaling.get("truncate", True):
            low, high = math.floor(low), math.ceil(high)
        low, high = max(low, 0), min(high, dim - 1)
        if low == high:
            high += 0.001
        ramp = ((torch.arange(dim // 2, dtype=torch.float64) - low) / (high - low)).clamp(0, 1)
        return plain / factor * ramp + plain * (1 - ramp), scale
    if kind == "longrope":
        factor = max_position / original if original else factor
        original = original or max_position
        scale = scaling.get("attention_factor")
        if scale is None:
            scale = 1.0 if factor <= 1 else math.sqrt(1 + math.log(factor) / math.log(original))
        rows = [torch.tensor(scaling["long_factor"] if n > original else scaling["short_factor"]) for n in lengths]
        return plain / torch.stack(rows), scale
    raise ValueError(kind)


def rotate(x, freq, scale):
    """x [B, h, S, d]; the first 2·freq.shape[1] of d turn, halves against each other."""
    angle = torch.arange(x.shape[2], dtype=torch.float64)[None, :, None] * freq[:, None, :]
    angle = torch.cat([angle, angle], -1)[:, None]
    n = angle.shape[-1]
    head, rest = x[..., :n], x[..., n:]
    turned = torch.cat([-head[..., n // 2:], head[..., :n // 2]], -1)
    return torch.cat([(head * angle.cos() + turned * angle.sin()) * scale, rest], -1)


# Blocks --------------------------------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "silu": F.silu, "relu": F.relu, "gelu": F.gelu,
    "gelu_new": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "gelu_pytorch_tanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
}


def rms(x, weight, eps, plus=0.0):
    return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + eps) * (weight + plus)


def visible(mask, bidirectional, window):
    """[B, S, S]: whether query i reads key j."""
    i = torch.arange(mask.shape[1])
    gap = i[:, None] - i[None, :]
    seen = torch.ones_like(gap, dtype=torch.bool) if bidirectional else gap >= 0
    if window is not None:
        seen = seen & (gap.abs() < window)
    return seen[None] & (mask[:, None, :] == 1)


def attention(q, k, v, seen, scale, cap=None):
    """q [B, h, S, d], k and v [B, g, S, d] → [B, S, h·d]; head i reads key/value head i // (h / g)."""
    repeat = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
    scores = q @ k.transpose(-1, -2) * scale
    if cap is not None:
        scores = torch.tanh(scores / cap) * cap
    scores = scores.masked_fill(~seen[:, None], -1e30)
    out = torch.softmax(scores, -1) @ v
    return out.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1)


def heads(x, n):
    return x.view(x.shape[0], x.shape[1], n, -1).transpose(1, 2)


def linear(x, w, name):
    bias = w.get(name + ".bias")
    out = x @ w[name + ".weight"].T
    return out if bias is None else out + bias


def without(w, names):
    return {k: v for k, v in w.items() if not any(n in k for n in names)}


# Families ------------------------------------------------------------------------------------------------------------------------------

def layer_kinds(c):
    n, kind = c["num_hidden_layers"], c["model_type"]
    if c.get("layer_types"):
        return [t == "sliding_attention" for t in c["layer_types"]]
    if kind == "gemma2":
        return [i % 2 == 0 for i in range(n)]
    if kind == "gemma3_text":
        return [(i + 1) % c.get("sliding_window_pattern", 6) != 0 for i in range(n)]
    if kind in ("qwen2", "qwen3"):
        return [c.get("use_sliding_window", False) and i >= c.get("max_window_layers", 28) for i in range(n)]
    return [c.get("sliding_window") is not None] * n


def llama_like(c, w, ids, mask, lengths, bidirectional):
    """Llama, Mistral, Qwen2, Qwen3, Gemma 2, Gemma 3, Phi-3."""
    kind, eps = c["model_type"], c.get("rms_norm_eps", 1e-6)
    gemma = kind.startswith("gemma")
    plus = 1.0 if gemma else 0.0
    n, g = c["num_attention_heads"], c.get("num_key_value_heads") or c["num_attention_heads"]
    d = c.get("head_dim") or c["hidden_size"] // n
    window = c.get("sliding_window", 4096 if kind == "mistral" else None)
    if kind == "gemma3_text" and c.get("use_bidirectional_attention"):
        bidirectional, window = True, window // 2 + 1
    if kind in ("qwen2", "qwen3") and not c.get("use_sliding_window", False):
        window = None
    if kind == "llama" and not c.get("attention_bias", False):
        w = without(w, ["q_proj.bias", "k_proj.bias", "v_proj.bias", "o_proj.bias"])
    if kind == "llama" and not c.get("mlp_bias", False):
        w = without(w, ["gate_proj.bias", "up_proj.bias", "down_proj.bias"])
    if kind == "qwen3" and not c.get("attention_bias", False):
        w = without(w, ["_proj.bias"])
    act = ACTIVATIONS[c.get("hidden_activation", "gelu_pytorch_tanh") if gemma else c.get("hidden_act", "silu")]
    scale = c["query_pre_attn_scalar"] ** -0.5 if gemma else d ** -0.5
    cap = c.get("attn_logit_softcapping") if kind == "gemma2" else None
    original = c.get("original_max_position_embeddings")
    turned = int(d * c.get("partial_rotary_factor", 1.0))

    def table(scaling, theta):
        return frequencies(scaling, theta, turned, lengths, c["max_position_embeddings"], original)
    everywhere = table(c.get("rope_scaling"), c.get("rope_theta", 10000.0))
    local = table(None, c["rope_local_base_freq"]) if kind == "gemma3_text" else everywhere

    x = w["embed_tokens.weight"][ids]
    if gemma:
        x = x * math.sqrt(c["hidden_size"])
    for i, slides in enumerate(layer_kinds(c)):
        p = f"layers.{i}."
        y = rms(x, w[p + "input_layernorm.weight"], eps, plus)
        if kind == "phi3":
            q, k, v = (y @ w[p + "self_attn.qkv_proj.weight"].T).split([n * d, g * d, g * d], -1)
        else:
            q, k, v = (linear(y, w, f"{p}self_attn.{m}_proj") for m in "qkv")
        q, k, v = heads(q, n), heads(k, g), heads(v, g)
        if kind in ("qwen3", "gemma3_text"):
            q = rms(q, w[p + "self_attn.q_norm.weight"], eps, plus)
            k = rms(k, w[p + "self_attn.k_norm.weight"], eps, plus)
        freq = local if slides else everywhere
        q, k = rotate(q, *freq), rotate(k, *freq)
        seen = visible(mask, bidirectional, window if slides else None)
        y = linear(attention(q, k, v, seen, scale, cap), w, p + "self_attn.o_proj")
        if gemma:
            x = x + rms(y, w[p + "post_attention_layernorm.weight"], eps, 1)
            y = rms(x, w[p + "pre_feedforward_layernorm.weight"], eps, 1)
        else:
            x = x + y
            y = rms(x, w[p + "post_attention_layernorm.weight"], eps)
        if kind == "phi3":
            gate, up = (y @ w[p + "mlp.gate_up_proj.weight"].T).chunk(2, -1)
        else:
            gate, up = linear(y, w, p + "mlp.gate_proj"), linear(y, w, p + "mlp.up_proj")
        y = linear(act(gate) * up, w, p + "mlp.down_proj")
        x = x + (rms(y, w[p + "post_feedforward_layernorm.weight"], eps, 1) if gemma else y)
    return rms(x, w["norm.weight"], eps, plus)


def gpt2(c, w, ids, mask, lengths, bidirectional):
    width, n = c["n_embd"], c["n_head"]
    act, eps = ACTIVATIONS[c.get("activation_function", "gelu_new")], c.get("layer_norm_epsilon", 1e-5)

    def norm(x, name):
        return F.layer_norm(x, (width,), w[name + ".weight"], w[name + ".bias"], eps)

    def conv1d(x, name):
        return x @ w[name + ".weight"] + w[name + ".bias"]
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    x = w["wte.weight"][ids] + w["wpe.weight"][positions]
    seen = visible(mask, bidirectional, None)
    for i in range(c["n_layer"]):
        p = f"h.{i}."
        scale = (width // n) ** -0.5 if c.get("scale_attn_weights", True) else 1.0
        scale = scale / (i + 1) if c.get("scale_attn_by_inverse_layer_idx", False) else scale
        q, k, v = (heads(part, n) for part in conv1d(norm(x, p + "ln_1"), p + "attn.c_attn").chunk(3, -1))
        x = x + conv1d(attention(q, k, v, seen, scale), p + "attn.c_proj")
        x = x + conv1d(act(conv1d(norm(x, p + "ln_2"), p + "mlp.c_fc")), p + "mlp.c_proj")
    return norm(x, "ln_f")


def gpt_neox(c, w, ids, mask, lengths, bidirectional):
    width, n = c["hidden_size"], c["num_attention_heads"]
    d = width // n
    act, eps = ACTIVATIONS[c.get("hidden_act", "gelu")], c.get("layer_norm_eps", 1e-5)
    if not c.get("attention_bias", True):
        w = without(w, ["attention.query_key_value.bias", "attention.dense.bias"])

    def norm(x, name):
        return F.layer_norm(x, (width,), w[name + ".weight"], w[name + ".bias"], eps)
    freq = frequencies(c.get("rope_scaling"), c.get("rotary_emb_base", 10000), int(d * c.get("rotary_pct", 0.25)), lengths,
                       c["max_position_embeddings"], None)
    x = w["embed_in.weight"][ids]
    seen = visible(mask, bidirectional, None)
    for i in range(c["num_hidden_layers"]):
        p = f"layers.{i}."
        fused = linear(norm(x, p + "input_layernorm"), w, p + "attention.query_key_value")
        q, k, v = heads(fused, n).chunk(3, -1)
        a = linear(attention(rotate(q, *freq), rotate(k, *freq), v, seen, d ** -0.5), w, p + "attention.dense")

        def mlp(y):
            return linear(act(linear(norm(y, p + "post_attention_layernorm"), w, p + "mlp.dense_h_to_4h")), w, p + "mlp.dense_4h_to_h")
        if c.get("use_parallel_residual", True):
            x = x + a + mlp(x)
        else:
            x = x + a
            x = x + mlp(x)
    return norm(x, "final_layer_norm")


# Weights -------------------------------------------------------------------------------------------------------------------------------

def llama_weights(c, biases=()):
    kind, h, f = c["model_type"], c["hidden_size"], c["intermediate_size"]
    n, g = c["num_attention_heads"], c["num_key_value_heads"]
    d = c.get("head_dim") or h // n
    shapes = {"embed_tokens.weight": (VOCAB, h)}
    for i in range(c["num_hidden_layers"]):
        p = f"layers.{i}."
        modules = {"self_attn.o_proj": (h, n * d), "mlp.down_proj": (h, f)}
        if kind == "phi3":
            modules |= {"self_attn.qkv_proj": ((n + 2 * g) * d, h), "mlp.gate_up_proj": (2 * f, h)}
        else:
            modules |= {"self_attn.q_proj": (n * d, h), "self_attn.k_proj": (g * d, h), "self_attn.v_proj": (g * d, h),
                        "mlp.gate_proj": (f, h), "mlp.up_proj": (f, h)}
        for name, shape in modules.items():
            shapes[p + name + ".weight"] = shape
            if any(b in name for b in biases):
                shapes[p + name + ".bias"] = shape[:1]
        norms = ["input_layernorm", "post_attention_layernorm"]
        if kind.startswith("gemma"):
            norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
        for name in norms:
            shapes[f"{p}{name}.weight"] = (h,)
        if kind in ("qwen3", "gemma3_text"):
            shapes[p + "self_attn.q_norm.weight"] = shapes[p + "self_attn.k_norm.weight"] = (d,)
    shapes["norm.weight"] = (h,)
    return shapes


def gpt2_weights(c):
    h, f = c["n_embd"], c.get("n_inner") or 4 * c["n_embd"]
    shapes = {"wte.weight": (VOCAB, h), "wpe.weight": (c["n_positions"], h)}
    for i in range(c["n_layer"]):
        p = f"h.{i}."
        for name, shape in {"attn.c_attn": (h, 3 * h), "attn.c_proj": (h, h), "mlp.c_fc": (h, f), "mlp.c_proj": (f, h)}.items():
            shapes |= {p + name + ".weight": shape, p + name + ".bias": shape[1:]}
        for name in ("ln_1", "ln_2"):
            shapes |= {f"{p}{name}.weight": (h,), f"{p}{name}.bias": (h,)}
    return shapes | {"ln_f.weight": (h,), "ln_f.bias": (h,)}


def gpt_neox_weights(c):
    h, f = c["hidden_size"], c["intermediate_size"]
    shapes = {"embed_in.weight": (VOCAB, h)}
    for i in range(c["num_hidden_layers"]):
        p = f"layers.{i}."
        for name, shape in {"attention.query_key_value": (3 * h, h), "attention.dense": (h, h),
                            "mlp.dense_h_to_4h": (f, h), "mlp.dense_4h_to_h": (h, f)}.items():
            shapes |= {p + name + ".weight": shape, p + name + ".bias": shape[:1]}
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes |= {f"{p}{name}.weight": (h,), f"{p}{name}.bias": (h,)}
    return shapes | {"final_layer_norm.weight": (h,), "final_layer_norm.bias": (h,)}


def numbers(shapes, generator, dtype, gemma):
    """Normal numbers that leave no term near zero, rounded to the type of the file."""
    weights = {}
    for name, shape in shapes.items():
        x = torch.randn(shape, generator=generator) * 0.3
        scale_of_norm = len(shape) == 1 and name.endswith("weight") and not gemma
        weights[name] = (x + 1.0 if scale_of_norm else x).to(dtype)
    return weights


TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def save(path, tensors):
    """safetensors: u64 length of the header, JSON header padded to 8 bytes with spaces, numbers little endian."""
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        raw = tensor.contiguous().view(torch.int16 if tensor.dtype in (torch.float16, torch.bfloat16) else torch.int32).numpy().tobytes()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(raw)]}
        blobs.append(raw)
        at += len(raw)
    text = json.dumps({"__metadata__": {"format": "pt"}} | header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


# Cases ---------------------------------------------------------------------------------------------------------------------------------

COMMON = dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=64, rms_norm_eps=1e-6, pad_token_id=0, bos_token_id=1, eos_token_id=2, torch_dtype="bfloat16")
BOTH = {"attention": "bidirectional"}


def scaled(kind, **fields):
    fields = {"rope_type": kind} | fields
    theta = {k: fields.pop(k) for k in ("rope_theta", "max_position_embeddings") if k in fields}
    return {"config": {"rope_scaling": fields} | theta}


FAMILIES = {
    "llama": dict(
        prefix="model.", head="lm_head.weight", biases=("self_attn", "mlp"),
        config=COMMON | dict(architectures=["LlamaForCausalLM"], model_type="llama", head_dim=8, hidden_act="silu", attention_bias=True,
                             mlp_bias=True, rope_theta=10000.0, rope_scaling=None, tie_word_embeddings=False),
        cases={
            "base": {}, "no-biases": {"config": {"attention_bias": False, "mlp_bias": False}}, "bidirectional": BOTH,
            "linear": {"config": {"rope_scaling": {"type": "linear", "factor": 4.0}}},
            "dynamic": scaled("dynamic", factor=3.0, max_position_embeddings=8),
            "llama3": scaled("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32,
                             rope_theta=100.0),
            "yarn": scaled("yarn", factor=4.0, original_max_position_embeddings=64, max_position_embeddings=256),
            "yarn-mscale": scaled("yarn", factor=8.0, original_max_position_embeddings=64, mscale=1.5, mscale_all_dim=0.7,
                                  beta_fast=16, beta_slow=2, max_position_embeddings=512),
            "yarn-factor": scaled("yarn", factor=2.0, attention_factor=1.3, truncate=False, max_position_embeddings=64, rope_theta=50.0),
        }),
    "mistral": dict(
        prefix="model.", head="lm_head.weight",
        config=COMMON | dict(architectures=["MistralForCausalLM"], model_type="mistral", head_dim=6, hidden_act="silu", rope_theta=1e4,
                             sliding_window=4, tie_word_embeddings=False),
        cases={"base": {}, "no-window": {"config": {"sliding_window": None}}, "bidirectional": BOTH}),
    "qwen2": dict(
        prefix="model.", head=None, biases=("q_proj", "k_proj", "v_proj"),
        config=COMMON | dict(architectures=["Qwen2ForCausalLM"], model_type="qwen2", hidden_act="silu", rope_theta=1e6, num_key_value_heads=1,
                             use_sliding_window=False, sliding_window=4, max_window_layers=1, tie_word_embeddings=True),
        cases={"base": {}, "window": {"config": {"use_sliding_window": True}}, "bidirectional": BOTH}),
    "qwen3": dict(
        prefix="model.", head=None, biases=("self_attn",),
        config=COMMON | dict(architectures=["Qwen3ForCausalLM"], model_type="qwen3", head_dim=8, hidden_act="silu", rope_theta=1e6,
                             attention_bias=False, use_sliding_window=False, sliding_window=None, max_window_layers=2,
                             tie_word_embeddings=True),
        cases={"base": {}, "biases": {"config": {"attention_bias": True}},
               "window": {"config": {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 1}},
               "yarn": scaled("yarn", factor=4.0, original_max_position_embeddings=64, max_position_embeddings=256)}),
    "gemma2": dict(
        prefix="model.", head=None,
        config=COMMON | dict(architectures=["Gemma2ForCausalLM"], model_type="gemma2", head_dim=6, hidden_activation="gelu_pytorch_tanh",
                             hidden_act="gelu_pytorch_tanh", query_pre_attn_scalar=12, sliding_window=4, attn_logit_softcapping=2.0,
                             final_logit_softcapping=30.0, rope_theta=1e4, attention_bias=False),
        cases={"base": {}, "no-cap": {"config": {"attn_logit_softcapping": None}}, "bidirectional": BOTH}),
    "gemma3_text": dict(
        prefix="", head=None,
        config=COMMON | dict(architectures=["Gemma3TextModel"], model_type="gemma3_text", head_dim=6, num_hidden_layers=3,
                             hidden_activation="gelu_pytorch_tanh", query_pre_attn_scalar=9, sliding_window=4, sliding_window_pattern=2,
                             rope_theta=1e6, rope_local_base_freq=1e4, attention_bias=False, attn_logit_softcapping=None,
                             final_logit_softcapping=None, use_bidirectional_attention=False),
        cases={
            "base": {}, "linear": scaled("linear", factor=8.0),
            "layer-types": {"config": {"layer_types": ["full_attention", "full_attention", "sliding_attention"]}},
            "use-bidirectional-attention": {"config": {"use_bidirectional_attention": True, "sliding_window": 6}},
        }),
    "gpt2": dict(
        prefix="transformer.", head=None,
        config=dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", vocab_size=VOCAB, n_embd=16, n_layer=2, n_head=4, n_inner=24,
                    n_positions=64, n_ctx=64, activation_function="gelu_new", layer_norm_epsilon=1e-5, bos_token_id=1, eos_token_id=2),
        cases={"base": {}, "inverse-layer-scale": {"config": {"scale_attn_by_inverse_layer_idx": True}},
               "no-scale": {"config": {"scale_attn_weights": False, "activation_function": "gelu"}}, "bidirectional": BOTH}),
    "gpt_neox": dict(
        prefix="gpt_neox.", head="embed_out.weight",
        config=dict(architectures=["GPTNeoXForCausalLM"], model_type="gpt_neox", vocab_size=VOCAB, hidden_size=16, intermediate_size=24,
                    num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=64, hidden_act="gelu", rotary_pct=0.25,
                    rotary_emb_base=10000, layer_norm_eps=1e-5, use_parallel_residual=True, tie_word_embeddings=False, bos_token_id=0,
                    eos_token_id=0),
        cases={"base": {}, "sequential": {"config": {"use_parallel_residual": False, "rotary_pct": 1.0}},
               "no-biases": {"config": {"attention_bias": False, "hidden_act": "relu"}},
               "linear": {"config": {"rope_scaling": {"type": "linear", "factor": 2.0}, "rotary_pct": 0.5}}, "bidirectional": BOTH}),
    "phi3": dict(
        prefix="model.", head="lm_head.weight",
        config=COMMON | dict(architectures=["Phi3ForCausalLM"], model_type="phi3", hidden_act="silu", rope_theta=1e4,
                             num_attention_heads=2, num_key_value_heads=1, partial_rotary_factor=0.75, original_max_position_embeddings=8,
                             max_position_embeddings=32, rope_scaling=None, sliding_window=None, tie_word_embeddings=False),
        cases={"base": {}, "window": {"config": {"sliding_window": 3, "partial_rotary_factor": 1.0}},
               "longrope": {"config": {"rope_scaling": {
                   "type": "longrope", "short_factor": [1.0, 1.2, 1.5], "long_factor": [2.0, 5.0, 9.0]}}},
               "longrope-factor": {"config": {"partial_rotary_factor": 0.5, "rope_scaling": {
                   "rope_type": "longrope", "short_factor": [1.0, 1.1], "long_factor": [3.0, 4.0], "attention_factor": 1.25}}}}),
}
FORWARD = {"gpt2": gpt2, "gpt_neox": gpt_neox}
SHAPES = {"gpt2": gpt2_weights, "gpt_neox": gpt_neox_weights}


def run(family, config, weights, rows, pad_left, bidirectional):
    """Last hidden states of each row without its padding."""
    length = max(len(row) for row in rows)
    ids, mask = torch.zeros(len(rows), length, dtype=torch.long), torch.zeros(len(rows), length, dtype=torch.long)
    for b, row in enumerate(rows):
        at = slice(length - len(row), length) if pad_left else slice(0, len(row))
        ids[b, at], mask[b, at] = row, 1
    out = FORWARD.get(family, llama_like)(config, weights, ids, mask, [len(row) for row in rows], bidirectional)
    return [out[b][mask[b] == 1] for b in range(len(rows))]


def main():
    for number, (family, spec) in enumerate(FAMILIES.items()):
        generator = torch.Generator().manual_seed(20261124 + number)
        config = spec["config"]
        shapes = SHAPES[family](config) if family in SHAPES else llama_weights(config, spec.get("biases", ()))
        dtype = torch.float16 if family.startswith("gpt") else torch.bfloat16
        stored = numbers(shapes, generator, dtype, family.startswith("gemma"))
        weights = {name: tensor.double() for name, tensor in stored.items()}
        texts = torch.randint(3, VOCAB, (BATCH, LENGTH), generator=generator)

        expected = {}
        for case, change in spec["cases"].items():
            changed = copy.deepcopy(config) | change.get("config", {})
            bidirectional = change.get("attention") == "bidirectional"
            ragged = [text[:n] for text, n in zip(texts, LENGTHS)]
            alone = [run(family, changed, weights, [text], False, bidirectional)[0] for text in ragged]
            for left in (False, True):
                for a, b in zip(alone, run(family, changed, weights, ragged, left, bidirectional)):
                    assert (a - b).abs().max() < 1e-10, (family, case, left, (a - b).abs().max())
            expected[case + ".full"] = torch.stack(run(family, changed, weights, list(texts), False, bidirectional)).float()
            expected[case + ".ragged"] = torch.cat(alone).float()
            assert all(torch.isfinite(t).all() for t in expected.values())
        values = {case: expected[case + ".full"] for case in spec["cases"]}
        for case in spec["cases"]:
            others = [float((values[case] - values[other]).abs().max()) for other in spec["cases"] if other != case]
            assert min(others) > 1e-3, (family, case, others)

        directory = os.path.join(OUT, family)
        os.makedirs(directory, exist_ok=True)
        file = {spec["prefix"] + name: tensor for name, tensor in stored.items()}
        if spec["head"]:
            file[spec["head"]] = (torch.randn(VOCAB, 16, generator=generator) * 0.3).to(dtype)
        for i in range(2):
            if family == "gpt2":
                file[f"transformer.h.{i}.attn.bias"] = torch.ones(8, 8).tril()[None, None].to(dtype)
            if family == "gpt_neox":
                file[f"gpt_neox.layers.{i}.attention.rotary_emb.inv_freq"] = torch.ones(1).to(dtype)
        save(os.path.join(directory, "model.safetensors"), file)
        save(os.path.join(directory, "expected.safetensors"), expected)
        with open(os.path.join(directory, "config.json"), "w") as f:
            f.write(json.dumps(config, indent=2) + "\n")
        with open(os.path.join(directory, "cases.json"), "w") as f:
            rows = ",\n".join("    " + json.dumps(name) + ": " + json.dumps(case) for name, case in spec["cases"].items())
            f.write(f'{{\n  "input_ids": {json.dumps(texts.tolist())},\n  "lengths": {json.dumps(LENGTHS)},\n  "cases": {{\n{rows}\n  }}\n}}\n')
        print(family, len(spec["cases"]), "cases,", sum(t.numel() for t in file.values()), "numbers")


if __name__ == "__main__":
    main()
