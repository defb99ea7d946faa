using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Fuzzing;

/// <summary>
/// Tries a target with many inputs. Each input follows from the seed and its number alone, so one that fails is found again by
/// <c>tests/fuzz/run TARGET 1 SEED NUMBER</c>; it is made as small as it goes before it is shown.
/// </summary>
public static class FuzzRun
{
    private static readonly TimeSpan TooSlow = TimeSpan.FromSeconds(20);

    /// <summary>Tries so many inputs.</summary>
    /// <param name="target">What is tried.</param>
    /// <param name="count">How many inputs.</param>
    /// <param name="seed">What they follow from.</param>
    /// <param name="first">The number of the first.</param>
    /// <exception cref="FuzzFailedException">Something does not hold; the message says with which input.</exception>
    public static void Run(FuzzTarget target, long count, ulong seed, long first = 0)
    {
        for (var number = first; number < first + count; number++)
        {
            var dice = DiceFor(seed, number);
            var input = Mutator.Make(target, dice);
            var how = dice.Next();
            var began = Stopwatch.GetTimestamp();
            if (Failure(target, input, how) is { } failure)
            {
                var small = Minimize(target, input, how, failure.GetType());
                throw new FuzzFailedException(string.Create(CultureInfo.InvariantCulture, $"""
                    {target.Name} does not hold with seed {seed}, input {number} (tests/fuzz/run {target.Name} 1 {seed} {number}).
                    {small.Length} of {input.Length} octets are enough: {Shown(small)}
                    base64: {(small.Length > 2000 ? "too long to be shown" : Convert.ToBase64String(small))}, cut by {how}
                    {Failure(target, small, how) ?? failure}
                    """), small);
            }

            if (Stopwatch.GetElapsedTime(began) > TooSlow)
            {
                throw new FuzzFailedException($"{target.Name}: {input.Length} octets took {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s (seed {seed}, input {number})", input);
            }
        }
    }

    private static Dice DiceFor(ulong seed, long number) => new((seed * 0x9E3779B97F4A7C15) ^ ((ulong)number * 0xD1342543DE82EF95));

    private static Exception? Failure(FuzzTarget target, byte[] input, ulong how)
    {
        try
        {
            target.Try(input, new Dice(how));
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    /// <summary>Leaves out what is not needed for a failure of this kind: halves first, single octets last.</summary>
    private static byte[] Minimize(FuzzTarget target, byte[] input, ulong how, Type kind)
    {
        var tries = 0;
        for (var size = input.Length / 2; size > 0 && tries < 5000; size /= 2)
        {
            for (var at = 0; at + size <= input.Length && tries < 5000;)
            {
                tries++;
                byte[] less = [.. input[..at], .. input[(at + size)..]];
                if (Failure(target, less, how)?.GetType() == kind)
                {
                    input = less;
                }
                else
                {
                    at += size;
                }
            }
        }

        return input;
    }

    private static string Shown(byte[] octets)
    {
        var text = new StringBuilder("\"");
        foreach (var octet in octets.Take(400))
        {
            _ = octet switch
            {
                (byte)'\r' => text.Append("\\r"),
                (byte)'\n' => text.Append("\\n"),
                (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)octet),
                >= 32 and < 127 => text.Append((char)octet),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{octet:x2}"),
            };
        }

        return text.Append(octets.Length > 400 ? "\"…" : "\"").ToString();
    }
}

/// <summary>An input with which something does not hold.</summary>
public sealed class FuzzFailedException(string message, byte[] input) : Exception(message)
{
    /// <summary>The input, as small as it could be made.</summary>
    public byte[] Input => input;
}
