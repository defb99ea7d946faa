using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ActorSmtp.Server.Policy.Peers;

/// <summary>Tells names that somebody chose from those that a provider made of an address: <c>192-0-2-7.dyn.example</c>, <c>c0000207.example</c>.</summary>
internal static class GenericNames
{
    private const int Enough = 3;                       // of the four numbers

    /// <summary>Whether three of the address's numbers stand in the name, in their order or backwards, or all of it in hexadecimal. Never of an IPv6 address: there is no such custom.</summary>
    public static bool IsMadeOf(IPAddress address, string name)
    {
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            return false;
        }

        var octets = address.GetAddressBytes();
        var numbers = NumbersIn(name);
        return name.Contains(Convert.ToHexString(octets), StringComparison.OrdinalIgnoreCase)
            || InOrder(octets, numbers) >= Enough || InOrder([octets[3], octets[2], octets[1], octets[0]], numbers) >= Enough;
    }

    /// <summary>How many of them stand in the name one behind the other.</summary>
    private static int InOrder(byte[] octets, List<int> numbers)
    {
        var best = 0;
        for (var from = 0; from < octets.Length; from++)
        {
            var at = from;
            foreach (var number in numbers)
            {
                at += at < octets.Length && number == octets[at] ? 1 : 0;
            }

            best = Math.Max(best, at - from);
        }

        return best;
    }

    private static List<int> NumbersIn(string name)
    {
        var numbers = new List<int>();
        for (var at = 0; at < name.Length;)
        {
            var end = at;
            while (end < name.Length && char.IsAsciiDigit(name[end]))
            {
                end++;
            }

            if (end > at && end - at <= 3)
            {
                numbers.Add(int.Parse(name.AsSpan(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture));
            }
            else if (end - at is 9 or 12)
            {
                for (var part = at; part < end; part += 3)          // 192000002007
                {
                    numbers.Add(int.Parse(name.AsSpan(part, 3), NumberStyles.None, CultureInfo.InvariantCulture));
                }
            }

            at = Math.Max(end, at + 1);
        }

        return numbers;
    }
}
