using System.Reflection;
using Akka.Actor;
using Akka.TestKit;

namespace ActorSmtp.Engine.Tests.Surface;

/// <summary>
/// Code that compiles here compiles on Akka.NET, and the other way round: the surface of the engine and its test kit is that of Akka 1.5.30, as far as it
/// goes. <c>akka-surface.tsv</c> holds Akka's own lines for what we have; a new public member needs its line from Akka there.
/// </summary>
public sealed class PublicSurfaceTests
{
    private static readonly Assembly[] Engine = [typeof(ActorSystem).Assembly, typeof(TestKitBase).Assembly];

    private static readonly HashSet<string> Akka = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Surface", "akka-surface.tsv"))];

    [SkippableFact]
    public void Nothing_is_public_that_Akka_lacks()
    {
        Skip.IfNot(Engine[0].GetName().Name == "ActorSmtp.Engine", "This is Akka itself.");

        Assert.Empty(Engine.SelectMany(PublicSurface.Of).Except(Akka));
    }

    [SkippableFact]
    public void All_that_was_agreed_is_there_with_the_signature_of_Akka()
    {
        Skip.IfNot(Engine[0].GetName().Name == "ActorSmtp.Engine", "Akka spreads it over more assemblies.");

        Assert.Empty(Akka.Except(Engine.SelectMany(PublicSurface.Of)));
    }
}
