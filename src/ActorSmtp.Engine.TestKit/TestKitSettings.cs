using Akka.Actor;
using Akka.Configuration;

namespace Akka.TestKit;

/// <summary>The durations of section <c>akka.test</c>. Stands for Akka.TestKit.TestKitSettings, complete.</summary>
public class TestKitSettings : IExtension
{
    /// <summary>Reads the section.</summary>
    /// <exception cref="ConfigurationException">The configuration has no section <c>akka.test</c>, or its factor is not positive.</exception>
    public TestKitSettings(Config config)
    {
        var test = config?.GetConfig("akka.test");
        if (test.IsNullOrEmpty())
            throw new ConfigurationException("The configuration has no section akka.test; start from TestKitBase.DefaultConfig.");
        DefaultTimeout = test.GetTimeSpan("default-timeout", null, allowInfinite: false);
        SingleExpectDefault = test.GetTimeSpan("single-expect-default", null, allowInfinite: false);
        TestEventFilterLeeway = test.GetTimeSpan("filter-leeway", null, allowInfinite: false);
        TestTimeFactor = test.GetDouble("timefactor", 0);
        LogTestKitCalls = config.GetBoolean("akka.test.testkit.debug", false);
        if (TestTimeFactor <= 0)
            throw new ConfigurationException($"akka.test.timefactor is {TestTimeFactor}; expected a number above 0.");
    }

    /// <summary>What latches and barriers wait when not told otherwise.</summary>
    public TimeSpan DefaultTimeout { get; }

    /// <summary>What one expectation waits when not told otherwise and no <c>Within</c> bounds it.</summary>
    public TimeSpan SingleExpectDefault { get; }

    /// <summary>How long an event filter waits after its action for the events expected.</summary>
    public TimeSpan TestEventFilterLeeway { get; }

    /// <summary>Durations are multiplied by this on slow machines.</summary>
    public double TestTimeFactor { get; }

    /// <summary><c>akka.test.testkit.debug</c>; read for compatibility, this kit logs nothing of its own.</summary>
    public bool LogTestKitCalls { get; }
}

/// <summary>Gives a system its <see cref="TestKitSettings"/>. Stands for Akka.TestKit.TestKitExtension, complete.</summary>
public class TestKitExtension : ExtensionIdProvider<TestKitSettings>
{
    /// <inheritdoc/>
    public override TestKitSettings CreateExtension(ExtendedActorSystem system) => new(system.Settings.Config);

    /// <summary>The settings of <paramref name="system"/>.</summary>
    public static TestKitSettings For(ActorSystem system) => system.GetExtension<TestKitSettings>();
}
