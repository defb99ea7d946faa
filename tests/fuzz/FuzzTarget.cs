using System.Text;

namespace ActorSmtp.Fuzzing;

/// <summary>A part of the product that takes in what others wrote, and what must hold whatever that is.</summary>
public abstract class FuzzTarget
{
    /// <summary>What the runner calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Good inputs, to be spoilt.</summary>
    public abstract IReadOnlyList<byte[]> Corpus { get; }

    /// <summary>Words of its language, to be put in anywhere.</summary>
    public virtual IReadOnlyList<byte[]> Words => Common;

    /// <summary>Longest input.</summary>
    public virtual int MaxLength => 4096;

    protected static IReadOnlyList<byte[]> Common { get; } = Octets("\r\n", "\r", "\n", "\0", ".", " ", "\r\n.\r\n", "\n.\n", "<", ">", "@", ":", "\"", "\\", "=", "+", "\u00fc", "\u00ff");

    /// <summary>Tries one input.</summary>
    /// <param name="input">It.</param>
    /// <param name="dice">Decides what else there is to decide: how the input is cut, which options there are.</param>
    /// <exception cref="Exception">Anything: something does not hold.</exception>
    public abstract void Try(byte[] input, Dice dice);

    /// <summary>Octets of strings, Latin-1.</summary>
    protected static byte[][] Octets(params string[] texts) => [.. texts.Select(Encoding.Latin1.GetBytes)];

    /// <summary>Fails where it does not hold.</summary>
    protected static void Hold(bool holds, string what)
    {
        if (!holds)
        {
            throw new BrokenException(what);
        }
    }

    /// <summary>Cuts an input into pieces.</summary>
    protected static int Piece(Dice dice, int rest) => rest == 0 ? 0 : dice.Next(4) switch
    {
        0 => 1,
        1 => dice.Next(1, Math.Min(rest, 4) + 1),
        2 => dice.Next(1, Math.Min(rest, 64) + 1),
        _ => dice.Next(1, rest + 1),
    };
}

/// <summary>Something does not hold.</summary>
public sealed class BrokenException(string what) : Exception(what);
