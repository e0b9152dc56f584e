using OnnxEmbed.Models.Tokenizers;
using OnnxEmbed.Tensors;
using OnnxEmbed.Training.Stepping;

namespace OnnxEmbed.Training.Batching;

/// <summary>
/// Lays texts out for masked language modelling (Devlin et al., https://arxiv.org/abs/1810.04805 §3.1): each ordinary token is chosen with
/// the given probability, and of the chosen 80 % become the mask token, 10 % a random ordinary token, 10 % stay. What happens to a text
/// depends on seed, epoch and text alone. In a text where nothing was chosen one token is, so that every text teaches something.
/// </summary>
internal sealed class MaskedBatches
{
    private readonly TokenizedTexts _texts;
    private readonly ITextTokenizer _tokenizer;
    private readonly int _padId;
    private readonly int _maskId;
    private readonly int _maxLength;
    private readonly double _probability;
    private readonly ulong _seed;
    private readonly int[] _ordinary;

    /// <summary>Prepares masking.</summary>
    /// <exception cref="DataException">The tokenizer has no mask token.</exception>
    public MaskedBatches(TokenizedTexts texts, ITextTokenizer tokenizer, int padId, int maxLength, double probability, ulong seed)
    {
        _texts = texts;
        _tokenizer = tokenizer;
        _padId = padId;
        _maskId = tokenizer.MaskId ?? throw new DataException("tokenizer: masked language modelling needs a mask token, it has none");
        _maxLength = maxLength;
        _probability = probability;
        _seed = seed;
        _ordinary = [.. Enumerable.Range(0, tokenizer.VocabularySize)
            .Where(id => !tokenizer.IsSpecial(id) && tokenizer.TokenOf(id) is not null)];
    }

    /// <summary>A batch of the given texts.</summary>
    public TrainingBatch Assemble(int[] rows, int epoch)
    {
        PaddedRows padded = new(_texts, rows, _padId, _maxLength);
        long[] targets = padded.IgnoredTargets();
        for (int i = 0; i < rows.Length; i++)
        {
            CounterRandom random = new(_seed, FormattableString.Invariant($"mask/{epoch}/{rows[i]}"));
            Mask(_texts[rows[i]], padded.InputIds.AsSpan(i * padded.Columns), targets.AsSpan(i * padded.Columns), ref random);
        }

        return new TrainingBatch(padded.Rows, padded.Columns, padded.InputIds, padded.AttentionMask, targets, padded.TokenCount);
    }

    private void Mask(ReadOnlySpan<int> ids, Span<long> inputs, Span<long> targets, ref CounterRandom random)
    {
        List<int> candidates = [];
        bool any = false;
        for (int k = 0; k < ids.Length; k++)
        {
            if (!_tokenizer.IsSpecial(ids[k]))
            {
                candidates.Add(k);
                if (random.NextDouble() < _probability)
                {
                    Hide(k, ids, inputs, targets, ref random);
                    any = true;
                }
            }
        }

        if (!any && candidates.Count > 0)
        {
            Hide(candidates[random.NextBelow(candidates.Count)], ids, inputs, targets, ref random);
        }
    }

    private void Hide(int position, ReadOnlySpan<int> ids, Span<long> inputs, Span<long> targets, ref CounterRandom random)
    {
        targets[position] = ids[position];
        double draw = random.NextDouble();
        if (draw < 0.8)
        {
            inputs[position] = _maskId;
        }
        else if (draw < 0.9)
        {
            inputs[position] = _ordinary[random.NextBelow(_ordinary.Length)];
        }
    }
}
