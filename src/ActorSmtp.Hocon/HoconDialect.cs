namespace ActorSmtp.Hocon;

/// <summary>Which language a text is read as.</summary>
internal enum HoconDialect
{
    /// <summary>The whole of the HOCON specification.</summary>
    Full,

    /// <summary>What the parser inside Akka.NET 1.5 makes of a text, its gaps and oddities included.</summary>
    Akka,
}
