using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Akka.Actor;

namespace ActorSmtp.Architecture.Tests;

/// <summary>What actors say to each other: sealed, unchangeable, and plain data unless it says that it stays in this process.</summary>
public sealed class MessageTests
{
    private static readonly Type[] Families =
        [.. new[] { typeof(Client.ClientMessages).Assembly, typeof(Server.MailServer).Assembly }
            .SelectMany(a => a.GetTypes()).Where(t => t.Name.EndsWith("Messages", StringComparison.Ordinal) && t is { IsAbstract: true, IsSealed: true })];

    public static TheoryData<string, Type> Messages()
    {
        var messages = new TheoryData<string, Type>();
        foreach (var message in Families.SelectMany(f => f.GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)))
        {
            if (!message.IsDefined(typeof(CompilerGeneratedAttribute)))
            {
                messages.Add($"{message.DeclaringType!.Name}.{message.Name}", message);
            }
        }

        return messages;
    }

    [Fact]
    public void The_messages_of_every_actor_are_found() => Assert.Superset(
        new HashSet<string> { "AuthMessages", "ClientMessages", "ListenerMessages", "MailboxMessages", "SessionMessages" }, Families.Select(f => f.Name).ToHashSet());

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_sealed_or_the_head_of_a_family(string name, Type message) =>
        Assert.True(message.IsSealed || message.IsAbstract || message.IsInterface || message.IsEnum, name);

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_cannot_be_changed(string name, Type message)
    {
        foreach (var property in message.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            var onlyInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ?? true;
            Assert.True(onlyInit, $"{name}.{property.Name} can be set");
        }

        Assert.All(message.GetFields(BindingFlags.Instance | BindingFlags.Public), f => Assert.True(f.IsInitOnly, $"{name}.{f.Name} can be set"));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_with_something_alive_or_changeable_in_it_says_that_it_stays_here(string name, Type message)
    {
        if (typeof(INoSerializationVerificationNeeded).IsAssignableFrom(message))
        {
            return;
        }

        foreach (var property in message.GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            Assert.False(IsAlive(property.PropertyType), $"{name}.{property.Name} is a {property.PropertyType.Name}: not a thing to send to another node");
        }
    }

    private static bool IsAlive(Type type) => type.IsArray || typeof(Delegate).IsAssignableFrom(type) || typeof(Stream).IsAssignableFrom(type)
        || typeof(Task).IsAssignableFrom(type) || typeof(Exception).IsAssignableFrom(type)
        || (typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(string) && type.Namespace != "System.Collections.Immutable")
        || (type.IsInterface && type.Assembly == typeof(Transport.IConnection).Assembly);
}
