using ActorSmtp.Storage.Disks;

namespace ActorSmtp.Storage.Tests.Disks;

/// <summary>The real disk's calls, where they fail: what the managed ones keep to themselves.</summary>
public sealed class LinuxDiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public void A_sync_that_fails_is_an_error()
    {
        using var devices = Open("/dev");
        using var file = devices.Open("null", DiskAccess.Write);
        Assert.Equal("fdatasync", Assert.Throws<DiskException>(file.Sync).Operation);
    }

    [SkippableFact]
    public void A_full_disk_is_told_from_other_failures()
    {
        using var devices = Open("/dev");
        using var file = devices.Open("full", DiskAccess.Write);
        Assert.Equal(DiskError.NoSpace, Assert.Throws<DiskException>(() => file.Write("x"u8, 0)).Error);
    }

    [SkippableFact]
    public void A_write_of_more_pieces_than_one_call_takes_is_whole()
    {
        using var directory = Open(_directory.Path);
        using var file = directory.Open("many", DiskAccess.CreateNew);
        var bytes = GC.AllocateUninitializedArray<byte>(5000, pinned: true);
        new Random(1).NextBytes(bytes);
        unsafe
        {
            fixed (byte* start = bytes)
            {
                var vectors = new DiskVector[2500];
                for (var i = 0; i < vectors.Length; i++)
                {
                    vectors[i] = new DiskVector(start + (i * 2), 2);
                }

                file.Write(vectors, 10);
            }
        }

        file.Sync();
        Assert.Equal(5010, file.Length);
        Assert.Equal(bytes, file.ReadAll()[10..]);
    }

    /// <summary>Whole pages past the cache, what is left of the last one as ever; and pages again behind that.</summary>
    [SkippableTheory]
    [InlineData(2 * 4096, 0)]
    [InlineData(2 * 4096, 1)]
    [InlineData(0, 4095)]
    [InlineData(64 * 4096, 777)]
    public void Uncached_content_is_whole(int pages, int rest)
    {
        using var directory = Open(_directory.Path);
        using var file = directory.Open("large", DiskAccess.CreateNewUncached);
        var memory = GC.AllocateUninitializedArray<byte>(pages + rest + (2 * DiskExtensions.Page), pinned: true);
        new Random(pages + rest).NextBytes(memory);
        var start = 0;
        unsafe
        {
            fixed (byte* first = memory)
            {
                start = (int)((DiskExtensions.Page - ((nuint)first % DiskExtensions.Page)) % DiskExtensions.Page);
                file.Write([new DiskVector(first + start, (nuint)pages)], 0);
                file.Write([new DiskVector(first + start + pages, (nuint)rest)], pages);
                file.Write([new DiskVector(first + start, DiskExtensions.Page)], pages + rest);
            }
        }

        file.Sync();
        Assert.Equal([.. memory.AsSpan(start, pages + rest), .. memory.AsSpan(start, DiskExtensions.Page)], File.ReadAllBytes(Path.Combine(_directory.Path, "large")));
        Assert.Equal(DiskError.Exists, Assert.Throws<DiskException>(() => directory.Open("large", DiskAccess.CreateNewUncached)).Error);
    }

    [SkippableFact]
    public void A_move_never_replaces()
    {
        using var directory = Open(_directory.Path);
        foreach (var name in new[] { "a", "b" })
        {
            using var file = directory.Open(name, DiskAccess.CreateNew);
            file.Write(System.Text.Encoding.ASCII.GetBytes(name), 0);
        }

        Assert.False(directory.TryMove("a", directory, "b"));
        Assert.True(directory.TryMove("a", directory, "c"));
        Assert.Equal(["b", "c"], directory.List().Order(StringComparer.Ordinal));
        Assert.Equal("b", File.ReadAllText(Path.Combine(_directory.Path, "b")));
    }

    [SkippableFact]
    public void All_names_are_listed_and_a_directory_that_is_gone_is_an_error()
    {
        using var directory = Open(_directory.Path);
        foreach (var name in new[] { ".hidden", "a", "ümlaut" })
        {
            directory.Open(name, DiskAccess.CreateNew).Dispose();
        }

        Directory.CreateDirectory(Path.Combine(_directory.Path, "inner"));
        Assert.Equal([".hidden", "a", "inner", "ümlaut"], directory.List().Order(StringComparer.Ordinal));
        using var inner = Open(Path.Combine(_directory.Path, "inner"));
        Directory.Delete(inner.Path);
        Assert.Equal("list", Assert.Throws<DiskException>(() => inner.List().ToList()).Operation);
    }

    [Fact]
    public void A_listing_that_fails_on_its_way_is_a_failure_of_the_disk()
    {
        var seen = new List<string>();
        var failed = Assert.Throws<DiskException>(() =>
        {
            foreach (var name in DirectoryNames.Read("/mail/bob", Failing))
            {
                seen.Add(name);
            }
        });

        Assert.Equal((DiskError.Io, "list", "a"), (failed.Error, failed.Operation, seen.Single()));

        static IEnumerable<string> Failing()
        {
            yield return "a";
            throw new IOException("Input/output error");
        }
    }

    [SkippableFact]
    public void A_new_file_does_not_follow_a_link()
    {
        using var directory = Open(_directory.Path);
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "link"), Path.Combine(_directory.Path, "target"));
        Assert.Equal(DiskError.Exists, Assert.Throws<DiskException>(() => directory.Open("link", DiskAccess.CreateNew)).Error);
        Assert.False(File.Exists(Path.Combine(_directory.Path, "target")));
    }

    [SkippableFact]
    public void Directories_and_file_systems_can_be_synced_and_measured()
    {
        using var directory = Open(_directory.Path);
        directory.Sync();
        directory.SyncFileSystem();
        Assert.True(directory.Space().FreeOctets > 0);
        Assert.NotEqual(0, directory.Device);
        Assert.Null(directory.Status("nothing"));
    }

    private static IDiskDirectory Open(string path)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Linux' own calls");
        return new LinuxDisk().OpenDirectory(path);
    }
}
