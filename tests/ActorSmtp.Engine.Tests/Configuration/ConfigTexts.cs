using Akka.Configuration;

namespace ActorSmtp.Engine.Tests.Configuration;

/// <summary>Reading texts: what the tests of this folder start from.</summary>
internal static class ConfigTexts
{
    public static Config Read(string text) => ConfigurationFactory.ParseString(text);
}
