namespace Akka.Actor;

/// <summary>Numbers as short names, as Akka writes them: a, b, … z, A, … Stands for Akka.Util's <c>Base64Encoding</c>.</summary>
internal static class Base64Name
{
    private const string Digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+~";

    internal static string Of(long number)
    {
        Span<char> digits = stackalloc char[11];
        var length = 0;
        do
        {
            digits[length++] = Digits[(int)(number & 63)];
            number >>>= 6;
        }
        while (number != 0);

        return new string(digits[..length]);
    }
}
