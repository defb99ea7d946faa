namespace ActorSmtp.Cli;

/// <summary>What the program ends with: the codes of sysexits.h.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Usage = 64;
    public const int BadData = 65;
    public const int Unavailable = 69;
    public const int Software = 70;
    public const int InputOutput = 74;
    public const int TemporaryFailure = 75;
    public const int Protocol = 76;
    public const int Permission = 77;
    public const int Configuration = 78;
}
