using ActorSmtp.Storage.Access;

namespace ActorSmtp.Storage.Tests.Access;

/// <summary>The names of a mailbox in memory, against a plain sorted list.</summary>
public sealed class KeyTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_holds_what_a_sorted_list_would_hold(int seed)
    {
        var random = new Random(seed);
        var plain = new SortedDictionary<string, (string Flags, bool IsNew)>(StringComparer.Ordinal);
        var table = new KeyTable();
        for (var step = 0; step < 3000; step++)
        {
            var key = $"{random.Next(400):D4}.M{random.Next(3)}.host";
            if (random.Next(4) == 0)
            {
                Assert.Equal(plain.Remove(key), table.Remove(key));
                continue;
            }

            var (flags, isNew) = random.Next(3) switch { 0 => ("", true), 1 => ("S", false), _ => ("FS", false) };
            Assert.Equal(!plain.ContainsKey(key), table.Put(key, flags, isNew));
            plain[key] = (flags, isNew);
        }

        Assert.Equal(plain.Select(p => (p.Key, p.Value.Flags, p.Value.IsNew)), Enumerable.Range(0, table.Count).Select(i => (table[i].Key, table[i].Flags, table[i].IsNew)));
        Assert.Equal(plain.Count(p => !p.Value.Flags.Contains('S', StringComparison.Ordinal)), table.Unseen);
        Assert.All(plain.Keys, key => Assert.Equal(key, table[table.IndexOf(key)].Key));
        Assert.True(table.IndexOf("zzz") < 0);
    }

    [Fact]
    public void A_name_found_twice_was_moved_meanwhile_and_is_no_longer_new()
    {
        var table = new KeyTable();
        table.Append("b", "", isNew: true);
        table.Append("a", "", isNew: true);
        table.Append("b", "S", isNew: false);

        table.Sort();

        Assert.Equal([new MailboxName("a", "", true), new MailboxName("b", "S", false)], [table[0], table[1]]);
        Assert.Equal((2, 1), (table.Count, table.Unseen));
    }

    [Fact]
    public void A_million_names_take_less_than_a_hundred_octets_each()
    {
        var table = new KeyTable();
        for (var i = 0; i < 1_000_000; i++)
        {
            table.Append($"1790000000.M{i:D6}P1V1.mail.example.com", "S", isNew: false);
        }

        table.Sort();

        Assert.Equal(1_000_000, table.Count);
        Assert.InRange(table.Octets, 1, 100_000_000);
    }
}
