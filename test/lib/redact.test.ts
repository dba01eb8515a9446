// The one redaction point: nothing that was planted may come out again, in any form; harmless text stays as it is.
import t from 'tap'
import { redactor, withoutControls } from '../../src/lib/redact.ts'

t.test('a secret in every form it may take', t => {
  const secret = 'p@ss/w0rd +1'
  const redact = redactor([secret, ''])
  const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), `pre${secret}post`]
  for (const form of forms) t.equal(redact(`say ${form} now`).includes(form), false, form)
  t.equal(redact(`it is ${secret}.`), 'it is ***.')
  t.equal(redact('p@ss\u001b[31m/w0rd +1'), '***', 'also when a control sequence splits it')
  t.equal(redact('\ud800'), '\ud800')
  t.equal(redactor(['\ud800x'])('\ud800x'), '***')
  t.end()
})

t.test('a key, line by line', t => {
  const key =
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nQUJDREVGR0hJSktMTU5PUFFS\n-----END OPENSSH PRIVATE KEY-----\n'
  t.equal(redactor([key])('line 2: QUJDREVGR0hJSktMTU5PUFFS'), 'line 2: ***')
  t.end()
})

t.test('credentials that nobody told of', t => {
  const redact = redactor([])
  t.equal(
    redact("unable to access 'https://bob:hunter2@git.example/r.git/'"),
    "unable to access 'https://***@git.example/r.git/'",
  )
  t.equal(redact('https://a:b@c@git.example/r'), 'https://***@git.example/r')
  t.equal(redact('ssh://git@git.example/r'), 'ssh://git@git.example/r')
  t.equal(redact('> Authorization: Basic Ym9iOmh1bnRlcjI='), '> Authorization: ***')
  t.equal(redact('{"authorization": "Bearer abc.def"}'), '{"authorization": "***"}')
  t.equal(redact('sent Bearer abcdefghijk123456'), 'sent Bearer ***')
  t.equal(redact('GET /x?a=1&access_token=abc&b=2'), 'GET /x?a=1&access_token=***&b=2')
  t.end()
})

t.test('control characters and escape sequences, but not tabs, line feeds and other languages', t => {
  t.equal(
    withoutControls('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u001b]8;;http://a\u001b\\link\u0007'),
    'red xlink',
  )
  t.equal(withoutControls('a\r\nb\rc\td\u0000\u0008\u009b31m'), 'a\nb\nc\td31m')
  t.equal(withoutControls('abc\u202edef\u2066'), 'abcdef')
  t.equal(withoutControls('naïve 日本語 🎉'), 'naïve 日本語 🎉')
  t.equal(withoutControls('end\u001b'), 'end')
  t.end()
})

t.test('harmless text stays', t => {
  const text = 'basic authentication failed for the bearer of this message; see https://git.example/a@b'
  t.equal(redactor([])(text), text)
  t.end()
})
