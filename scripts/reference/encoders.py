#!/usr/bin/env python3
"""Writes tests/OnnxEmbed.Models.Tests/Architectures/Encoders/<family>/: tiny random encoders as Hugging Face directories and what they compute.

The forward passes are ours, in plain PyTorch operations and double precision, after the papers and the behaviour of transformers 4.57
(config defaults, order of operations, positions, masks). Nothing here is shared with the C# code that it judges.
Run from the root of the repository with Debian's python3-torch 1.13.1: /usr/bin/python3 scripts/reference/encoders.py

Each family directory holds
  config.json, model*.safetensors  a model under the names of its Hugging Face checkpoint, in the forms that are met: with and without a
                                   prefix, heads and buffers, f32, f16, bf16, parts with an index, a tensor that is an alias in the metadata
  cases.json                       token ids [3, 9], segments, lengths of the ragged batch, the id that pads
  expected.safetensors             "full" f32 [27, H]: last hidden states of the batch without padding;
                                   "right", "left" f32 [16, H]: those of the first 9, 5 and 2 tokens of the texts, padded on that side, the
                                   real tokens one after another
roberta has "pooled.<mode>" f32 [3, H] too, the six poolings of sentence-transformers over the texts padded at the right, and a Dense module
with Tanh and a normalisation after the mean ("dense" f32 [3, 6]). relative-buckets.json holds T5's bucket of each distance, 32 in all.
"""
import json
import math
import os
import struct

import torch

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "OnnxEmbed.Models.Tests", "Architectures", "Encoders")
VOCAB, BATCH, LENGTH, LENGTHS = 64, 3, 9, (9, 5, 2)
H, HEADS, WIDE, POSITIONS = 16, 2, 20, 64
torch.set_default_dtype(torch.float64)


# Files ---------------------------------------------------------------------------------------------------------------------------------

def bytes_of(tensor, dtype):
    if dtype == "I64":
        return tensor.to(torch.int64).numpy().tobytes()
    if dtype == "BF16":
        return tensor.to(torch.bfloat16).view(torch.int16).numpy().tobytes()
    return tensor.to({"F32": torch.float32, "F16": torch.float16}[dtype]).numpy().tobytes()


def write_safetensors(path, tensors, dtype="F32", metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name in sorted(tensors):
        kind = "I64" if tensors[name].dtype == torch.int64 else dtype
        raw = bytes_of(tensors[name], kind)
        header[name] = {"dtype": kind, "shape": list(tensors[name].shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def rounded(tensor, dtype):
    """What is left of the numbers after they were stored."""
    return tensor.to({"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[dtype]).to(torch.float64)


class Weights:
    """Random parameters under the names that a forward pass asks for."""

    def __init__(self, seed, dtype):
        self.random, self.dtype, self.all = torch.Generator().manual_seed(seed), dtype, {}

    def __call__(self, name, *shape):
        if name not in self.all:
            value = torch.randn(*shape, generator=self.random) * 0.3
            if len(shape) == 1 and name.endswith("weight"):
                value = value + 1
            self.all[name] = rounded(value, self.dtype)
        return self.all[name]


# Blocks --------------------------------------------------------------------------------------------------------------------------------

def linear(w, name, x, out, bias=True):
    y = x @ w(name + ".weight", out, x.shape[-1]).T
    return y + w(name + ".bias", out) if bias else y


def norm(w, name, x, eps, bias=True):
    mean = x.mean(-1, keepdim=True)
    y = (x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True) + eps) * w(name + ".weight", x.shape[-1])
    return y + w(name + ".bias", x.shape[-1]) if bias else y


def gelu(x):
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def attention(q, k, v, heads, hide, bias=None, turn=None):
    """q, k, v [B, S, H]; hide bool [B, 1, S, S] or [B, 1, 1, S]."""
    b, s, h = q.shape
    q, k, v = (t.view(b, s, heads, h // heads).transpose(1, 2) for t in (q, k, v))
    if turn is not None:
        q, k = turn(q), turn(k)
    scores = q @ k.transpose(-1, -2) / math.sqrt(h // heads)
    if bias is not None:
        scores = scores + bias
    return (torch.softmax(scores.masked_fill(hide, float("-inf")), -1).nan_to_num(0) @ v).transpose(1, 2).reshape(b, s, h)


def rotary(theta, dim, length):
    angle = torch.arange(length)[:, None] * (1.0 / theta ** (torch.arange(0, dim, 2) / dim))[None]
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)

    def turn(x):
        half = x.shape[-1] // 2
        return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin
    return turn


def positions_after(ids, pad):
    real = (ids != pad).long()
    return torch.cumsum(real, 1) * real + pad


def bucket(relative, buckets, farthest=128):
    half = buckets // 2
    exact = half // 2
    n = -relative
    out = (n < 0).long() * half
    n = n.abs()
    # As transformers computes it, in f32.
    large = exact + (torch.log(n.float() / exact) / math.log(farthest / exact) * (half - exact)).long()
    large = torch.minimum(large, torch.full_like(large, half - 1))
    return out + torch.where(n < exact, n, large)


# Families ------------------------------------------------------------------------------------------------------------------------------

def bert_layers(w, x, mask, act, eps, layers=2):
    hide = (mask == 0)[:, None, None]
    for i in range(layers):
        n = f"encoder.layer.{i}."
        q, k, v = (linear(w, n + "attention.self." + part, x, H) for part in ("query", "key", "value"))
        x = norm(w, n + "attention.output.LayerNorm", linear(w, n + "attention.output.dense", attention(q, k, v, HEADS, hide), H) + x, eps)
        y = linear(w, n + "output.dense", act(linear(w, n + "intermediate.dense", x, WIDE)), H)
        x = norm(w, n + "output.LayerNorm", y + x, eps)
    return x


def embed(w, ids, width, positions, types=None, type_rows=2, eps=1e-12):
    x = w("embeddings.word_embeddings.weight", VOCAB, width)[ids] + w("embeddings.position_embeddings.weight", POSITIONS, width)[positions]
    if types is not None:
        x = x + w("embeddings.token_type_embeddings.weight", type_rows, width)[types]
    return norm(w, "embeddings.LayerNorm", x, eps)


def bert(w, ids, mask, types):
    return bert_layers(w, embed(w, ids, H, torch.arange(ids.shape[1]), types), mask, gelu, 1e-12)


def roberta(w, ids, mask, types):
    return bert_layers(w, embed(w, ids, H, positions_after(ids, 1), torch.zeros_like(ids), 1, 1e-5), mask, gelu, 1e-5)


def xlm_roberta(w, ids, mask, types):
    return bert_layers(w, embed(w, ids, H, positions_after(ids, 2), torch.zeros_like(ids), 1, 1e-5), mask, gelu_tanh, 1e-5)


def electra(w, ids, mask, types):
    x = linear(w, "embeddings_project", embed(w, ids, 12, torch.arange(ids.shape[1]), types), H)
    return bert_layers(w, x, mask, gelu, 1e-12)


def distilbert(w, ids, mask, types):
    x, hide = embed(w, ids, H, torch.arange(ids.shape[1])), (mask == 0)[:, None, None]
    for i in range(2):
        n = f"transformer.layer.{i}."
        q, k, v = (linear(w, n + "attention." + part, x, H) for part in ("q_lin", "k_lin", "v_lin"))
        x = norm(w, n + "sa_layer_norm", linear(w, n + "attention.out_lin", attention(q, k, v, HEADS, hide), H) + x, 1e-12)
        x = norm(w, n + "output_layer_norm", linear(w, n + "ffn.lin2", gelu(linear(w, n + "ffn.lin1", x, WIDE)), H) + x, 1e-12)
    return x


def mpnet(w, ids, mask, types):
    x, hide = embed(w, ids, H, positions_after(ids, 1), eps=1e-5), (mask == 0)[:, None, None]
    place = torch.arange(ids.shape[1])
    table = w("encoder.relative_attention_bias.weight", 8, HEADS)
    bias = table[bucket(place[None, :] - place[:, None], 8)].permute(2, 0, 1)[None]
    for i in range(2):
        n = f"encoder.layer.{i}."
        q, k, v = (linear(w, n + "attention.attn." + part, x, H) for part in "qkv")
        context = attention(q, k, v, HEADS, hide, bias)
        x = norm(w, n + "attention.LayerNorm", linear(w, n + "attention.attn.o", context, H) + x, 1e-5)
        x = norm(w, n + "output.LayerNorm", linear(w, n + "output.dense", gelu(linear(w, n + "intermediate.dense", x, WIDE)), H) + x, 1e-5)
    return x


def modernbert(w, ids, mask, types):
    x = norm(w, "embeddings.norm", w("embeddings.tok_embeddings.weight", VOCAB, H)[ids], 1e-5, bias=False)
    s = ids.shape[1]
    place = torch.arange(s)
    hide = (mask == 0)[:, None, None]
    far = ((place[:, None] - place[None, :]).abs() > 4 // 2)[None, None]
    for i in range(4):
        n, whole = f"layers.{i}.", i % 3 == 0
        y = x if i == 0 else norm(w, n + "attn_norm", x, 1e-5, bias=False)
        qkv = linear(w, n + "attn.Wqkv", y, 3 * H, bias=False)
        turn = rotary(160000.0 if whole else 100.0, H // HEADS, s)
        context = attention(qkv[..., :H], qkv[..., H:2 * H], qkv[..., 2 * H:], HEADS, hide if whole else hide | far, turn=turn)
        x = x + linear(w, n + "attn.Wo", context, H, bias=False)
        wide = linear(w, n + "mlp.Wi", norm(w, n + "mlp_norm", x, 1e-5, bias=False), 2 * WIDE, bias=False)
        x = x + linear(w, n + "mlp.Wo", gelu(wide[..., :WIDE]) * wide[..., WIDE:], H, bias=False)
    return norm(w, "final_norm", x, 1e-5, bias=False)


def common(model_type, **more):
    config = {
        "model_type": model_type, "vocab_size": VOCAB, "hidden_size": H, "num_hidden_layers": 2, "num_attention_heads": HEADS,
        "intermediate_size": WIDE, "max_position_embeddings": POSITIONS, "hidden_act": "gelu", "torch_dtype": "float32",
    }
    config.update(more)
    return config


DISTILBERT = {
    "model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"], "vocab_size": VOCAB, "dim": H, "n_layers": 2, "n_heads": HEADS,
    "hidden_dim": WIDE, "max_position_embeddings": POSITIONS, "activation": "gelu", "pad_token_id": 0,
}
MODERNBERT = {
    "model_type": "modernbert", "vocab_size": VOCAB, "hidden_size": H, "num_hidden_layers": 4, "num_attention_heads": HEADS,
    "intermediate_size": WIDE, "max_position_embeddings": POSITIONS, "hidden_activation": "gelu", "norm_eps": 1e-5, "pad_token_id": 3,
    "global_attn_every_n_layers": 3, "local_attention": 4, "global_rope_theta": 160000.0, "local_rope_theta": 100.0,
}

# name: forward, seed, id that pads, config, element type, prefix in the file
FAMILIES = {
    "bert": (bert, 1, 0, common("bert", architectures=["BertForPreTraining"], type_vocab_size=2, pad_token_id=0), "F32", "bert."),
    "roberta": (roberta, 2, 1, common("roberta", type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1), "BF16", "roberta."),
    "xlm-roberta": (
        xlm_roberta, 3, 2, common("xlm-roberta", type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=2, hidden_act="gelu_new"), "F16", ""),
    "electra": (electra, 4, 0, common("electra", embedding_size=12, type_vocab_size=2), "F32", "electra."),
    "distilbert": (distilbert, 5, 0, DISTILBERT, "F32", "distilbert."),
    "mpnet": (mpnet, 6, 1, common("mpnet", relative_attention_num_buckets=8, layer_norm_eps=1e-5, pad_token_id=1), "F32", ""),
    "modernbert": (modernbert, 7, 3, MODERNBERT, "F32", "model."),
}


def pooled(x, mask):
    m = mask[..., None].double()
    place = torch.cumsum(m, 1) * m
    total = (x * m).sum(1)
    last = mask.sum(1) - 1
    return {
        "mean": total / m.sum(1), "cls": x[:, 0], "last": x[torch.arange(len(x)), last], "max": x.masked_fill(m == 0, -1e9).max(1).values,
        "weightedmean": (x * place).sum(1) / place.sum(1), "meansqrtlen": total / m.sum(1).sqrt(),
    }


def save_model(directory, family, weights, dtype, prefix):
    stored = {prefix + name: value for name, value in weights.all.items()}
    path = os.path.join(directory, "model.safetensors")
    if family == "bert":
        # The names of the first checkpoints, two heads, and a buffer.
        stored = {name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value for name, value in stored.items()}
        stored.update({"bert.pooler.dense.weight": torch.ones(H, H), "cls.predictions.bias": torch.zeros(VOCAB)})
        stored["bert.embeddings.position_ids"] = torch.arange(POSITIONS)[None]
    if family == "roberta":
        names = sorted(stored)
        parts = {"model-00001-of-00002.safetensors": names[:len(names) // 2], "model-00002-of-00002.safetensors": names[len(names) // 2:]}
        for part, inside in parts.items():
            write_safetensors(os.path.join(directory, part), {name: stored[name] for name in inside}, dtype, {"format": "pt"})
        index = {"metadata": {}, "weight_map": {name: part for part, inside in parts.items() for name in inside}}
        with open(path + ".index.json", "w") as file:
            json.dump(index, file, indent=1, sort_keys=True)
        return
    metadata = {"format": "pt"}
    if family == "xlm-roberta":
        # What safetensors.torch.save_model does with a table that the head shares.
        stored["lm_head.decoder.weight"] = stored.pop("embeddings.word_embeddings.weight")
        metadata["roberta.embeddings.word_embeddings.weight"] = "lm_head.decoder.weight"
    write_safetensors(path, stored, dtype, metadata)


def main():
    for family, (forward, seed, pad, config, dtype, prefix) in FAMILIES.items():
        directory = os.path.join(OUT, family)
        os.makedirs(directory, exist_ok=True)
        weights = Weights(seed, dtype)
        random = torch.Generator().manual_seed(100 + seed)
        ids = torch.randint(4, VOCAB, (BATCH, LENGTH), generator=random)
        types = (torch.arange(LENGTH)[None] >= torch.tensor([[4], [3], [1]])).long()
        expected = {"full": forward(weights, ids, torch.ones_like(ids), types).reshape(-1, H)}
        for side in ("right", "left"):
            batch, mask, kinds = torch.full_like(ids, pad), torch.zeros_like(ids), torch.zeros_like(ids)
            for row, n in enumerate(LENGTHS):
                at = slice(0, n) if side == "right" else slice(LENGTH - n, LENGTH)
                batch[row, at], mask[row, at], kinds[row, at] = ids[row, :n], 1, types[row, :n]
            states = forward(weights, batch, mask, kinds)
            expected[side] = states[mask == 1]
            if family == "roberta" and side == "right":
                for mode, vectors in pooled(states, mask).items():
                    expected["pooled." + mode] = vectors
                dense = {"linear.weight": torch.randn(6, H, generator=random) * 0.3, "linear.bias": torch.randn(6, generator=random)}
                dense = {name: rounded(value, "F32") for name, value in dense.items()}
                os.makedirs(os.path.join(directory, "2_Dense"), exist_ok=True)
                write_safetensors(os.path.join(directory, "2_Dense", "model.safetensors"), dense)
                y = torch.tanh(expected["pooled.mean"] @ dense["linear.weight"].T + dense["linear.bias"])
                expected["dense"] = y / y.norm(dim=1, keepdim=True)
        if family in ("roberta", "xlm-roberta", "mpnet", "modernbert"):
            # Their positions follow the text, so that the side of the padding does not matter.
            assert (expected["left"] - expected["right"]).abs().max() < 1e-10, family
        save_model(directory, family, weights, dtype, prefix)
        write_safetensors(os.path.join(directory, "expected.safetensors"), expected)
        with open(os.path.join(directory, "config.json"), "w") as file:
            json.dump(config, file, indent=1)
        with open(os.path.join(directory, "cases.json"), "w") as file:
            json.dump({"ids": ids.tolist(), "types": types.tolist(), "lengths": LENGTHS, "pad": pad}, file)
    with open(os.path.join(OUT, "relative-buckets.json"), "w") as file:
        json.dump({"first": -511, "buckets": bucket(torch.arange(-511, 512), 32).tolist()}, file)


if __name__ == "__main__":
    main()
