using ActorSmtp.Storage.Greylist;
using ActorSmtp.Storage.Simulation;
using ActorSmtp.Storage.Threads;

namespace ActorSmtp.Storage.Tests.Greylist;

/// <summary>One that forgets.</summary>
public sealed class MemoryGreylistTests : GreylistStoreContract
{
    protected override IGreylistStore Make(TimeProvider time) => Stores.GreylistInMemory(time);
}

/// <summary>One in files, on real threads.</summary>
public sealed class FileGreylistTests : GreylistStoreContract
{
    protected override IGreylistStore Make(TimeProvider time) => new GreylistStore(TestMail.Settings("/data"), new SimulatedDisk(1), new DedicatedThreads(), time);
}
