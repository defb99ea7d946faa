using Akka.Configuration;
using Akka.TestKit.Xunit2;
using Xunit.Abstractions;

namespace ActorSmtp.Testing.Actors;

/// <summary>
/// The test kit as it is, but for how long it waits for what must come: half a minute instead of three seconds, so that a slow machine is no failure.
/// What must not come is still waited for as long as a test says. Shared as source: the engine's tests know nothing of the server.
/// </summary>
public abstract class PatientTestKit : TestKit
{
    private static readonly Config s_patience = ConfigurationFactory.ParseString(
        "akka.test { single-expect-default = 30s, filter-leeway = 30s, default-timeout = 30s }");

    protected PatientTestKit(ITestOutputHelper? output = null)
        : base(s_patience, output: output)
    {
    }

    protected PatientTestKit(string config, ITestOutputHelper? output = null)
        : this(ConfigurationFactory.ParseString(config), output)
    {
    }

    protected PatientTestKit(Config config, ITestOutputHelper? output = null)
        : base(config.WithFallback(s_patience), output: output)
    {
    }
}
