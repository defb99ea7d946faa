namespace ActorSmtp.Fuzzing;

/// <summary>Spoils good inputs: what to do, where and how often follows from the dice.</summary>
public static class Mutator
{
    private const int FreshOneIn = 10;

    /// <summary>The input for this throw of the dice.</summary>
    public static byte[] Make(FuzzTarget target, Dice dice)
    {
        var octets = new List<byte>(256);
        if (dice.OneIn(FreshOneIn))
        {
            for (var words = dice.Next(40); words >= 0; words--)
            {
                octets.AddRange(dice.OneIn(8) ? [dice.Octet()] : dice.Of(target.Words));
            }
        }
        else
        {
            octets.AddRange(dice.Of(target.Corpus));
        }

        for (var times = dice.Next(6); times > 0; times--)
        {
            Spoil(target, octets, dice);
        }

        if (octets.Count > target.MaxLength)
        {
            octets.RemoveRange(target.MaxLength, octets.Count - target.MaxLength);
        }

        return [.. octets];
    }

    private static void Spoil(FuzzTarget target, List<byte> octets, Dice dice)
    {
        var at = dice.Next(octets.Count + 1);
        var length = Math.Min(octets.Count - at, dice.Next(1, dice.OneIn(4) ? 64 : 5));
        switch (dice.Next(9))
        {
            case 0 when at < octets.Count:                      // a bit turns
                octets[at] ^= (byte)(1 << dice.Next(8));
                break;
            case 1 when at < octets.Count:
                octets[at] = dice.Octet();
                break;
            case 2:
                octets.Insert(at, dice.Octet());
                break;
            case 3 or 4:                                        // a word comes in
                octets.InsertRange(at, dice.Of(target.Words));
                break;
            case 5:                                             // something goes
                octets.RemoveRange(at, length);
                break;
            case 6:                                             // something is there twice, or many times
                var again = octets.GetRange(at, length);
                for (var times = dice.OneIn(10) ? dice.Next(2, 40) : 1; times > 0; times--)
                {
                    octets.InsertRange(at, again);
                }

                break;
            case 7:                                             // half of another
                var other = dice.Of(target.Corpus);
                var from = dice.Next(other.Length + 1);
                octets.RemoveRange(at, octets.Count - at);
                octets.AddRange(other.AsSpan(from));
                break;
            default:                                            // cut off
                octets.RemoveRange(at, octets.Count - at);
                break;
        }
    }
}
