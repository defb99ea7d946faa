using Akka.Actor;

namespace Akka.Dispatch;

/// <summary>Messages that were put back before the queue by unstashing; there only for actors that do so.</summary>
internal sealed class EnvelopeStack
{
    private Envelope[] _items = new Envelope[4];

    internal int Count { get; private set; }

    internal void Push(Envelope envelope)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = envelope;
    }

    internal Envelope Pop()
    {
        var envelope = _items[--Count];
        _items[Count] = default;
        if (Count == 0 && _items.Length > 64)
        {
            _items = new Envelope[4];
        }

        return envelope;
    }
}
