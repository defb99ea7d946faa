namespace ActorSmtp.Protocol.Mime;

/// <summary>Hexadecimal digits of quoted-printable and percent encoding.</summary>
internal static class Hex
{
    /// <summary>The digit's value, or -1. Lower case is read too, as RFC 2045 §6.7 note 1 suggests for robustness.</summary>
    public static int Value(int c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'F' => c - 'A' + 10,
        >= 'a' and <= 'f' => c - 'a' + 10,
        _ => -1,
    };

    public static char Digit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);
}
