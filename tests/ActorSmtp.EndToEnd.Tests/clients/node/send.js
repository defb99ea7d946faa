// Sends one message with nodemailer: node send.js PORT RECIPIENT ATTACHMENT [USER PASSWORD]
const nodemailer = require("nodemailer");

const [port, to, attachment, user, pass] = process.argv.slice(2);
nodemailer
  .createTransport({ host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true, auth: user && { user, pass }, authMethod: "LOGIN" })
  .sendMail({
    from: "Ann <ann@client.test>",
    to,
    subject: "Grüße aus Node",
    text: "A line\n.a line with a dot in front\n.\nthe last line\n",
    html: "<p>A line</p>",
    attachments: [{ filename: "beigefügt.bin", path: attachment }],
  })
  .then(
    (sent) => console.log(sent.response),
    (refused) => {
      console.error(refused.message);
      process.exitCode = 1;
    });
