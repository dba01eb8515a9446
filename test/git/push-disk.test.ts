// A push that the server's disk refuses is no matter of credentials. The texts are what git says on such disks.
import t from 'tap'
import { refusal } from '../../src/git/push-refusal.ts'
import type { RemoteContext } from '../../src/git/remote-context.ts'

const context: RemoteContext = {
  url: new URL('https://git.example/team/servers.git'),
  redact: text => text,
  refusal: { note: '', hint: 'look at the Secret' },
}
const FAILED = "error: failed to push some refs to 'https://git.example/team/servers.git'"

const DISKS = [
  {
    name: 'read-only, or not writable for the server',
    why: 'unpacker error',
    stderr: 'error: remote unpack failed: unable to create temporary object directory',
    told: 'unable to create temporary object directory',
  },
  {
    name: 'the same, from the embedded engine',
    why: 'unpacker error',
    stderr: '\nunpack-objects failed: unable to create temporary object directory',
    told: 'unable to create temporary object directory',
  },
  {
    name: 'full',
    why: 'unpacker error',
    stderr:
      'remote: fatal: unable to write loose object file: No space left on device        \nerror: remote unpack failed: unpack-objects abnormal exit',
    told: 'No space left on device; remote unpack failed: unpack-objects abnormal exit',
  },
  {
    name: 'full when the ref is written',
    why: 'failed to update ref',
    stderr:
      "remote: error: cannot update ref 'refs/heads/main': couldn't write '/srv/s.git/./refs/heads/main.lock'        ",
    told: "couldn't write '/srv/s.git/./refs/heads/main.lock'",
  },
  {
    name: 'the ref of another owner',
    why: 'failed to update ref',
    stderr:
      "remote: error: cannot lock ref 'refs/heads/main': Unable to create '/srv/s.git/./refs/heads/main.lock': Permission denied        ",
    told: 'Permission denied',
  },
]

for (const { name, why, stderr, told } of DISKS) {
  t.test(name, async t => {
    const { reason, class: kind, message, hint } = refusal(context, why, { code: 1, stderr: `${stderr}\n${FAILED}\n` })
    t.match({ reason, kind, hint }, { reason: 'PushRejected', kind: 'definite', hint: /^look at the server: / })
    t.match(message, /^https:\/\/git\.example\/team\/servers\.git could not store what was pushed: /)
    t.ok(message.endsWith(told), message)
  })
}

t.test('our own full disk is not the server', async t => {
  const stderr = `fatal: unable to write pack: No space left on device\n${FAILED}\n`
  t.not(refusal(context, undefined, { code: 1, stderr }).reason, 'PushRejected')
})

t.test('a server that knows the user and lets him only read', async t => {
  const stderr = 'remote: Permission to team/servers.git denied to bob.\nfatal: The requested URL returned error: 403\n'
  t.match(refusal(context, undefined, { code: 1, stderr }), { reason: 'PushDenied' })
})
