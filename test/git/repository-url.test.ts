// Which repository URLs are accepted, and which mean the same repository.
import t from 'tap'
import { checkRepositoryUrl, repositoryKey } from '../../src/git/repository-url.ts'
import { Failure } from '../../src/lib/failure.ts'

t.test('A11 spellings of one repository have one key, others another', t => {
  const same = [
    'https://git.example/org/repo',
    'https://git.example/org/repo.git',
    'https://git.example/org/repo/',
    'https://git.example/org//repo.git/',
    'https://GIT.Example/org/repo',
    'https://git.example:443/org/repo',
    'http://git.example/org/repo',
    'ssh://git@git.example/org/repo.git',
    'ssh://git.example:22/org/repo',
    'https://git.example/org/%72epo',
  ]
  for (const url of same) t.equal(repositoryKey(url), 'git.example/org/repo', url)
  const others = [
    'https://git.example:8443/org/repo',
    'https://git.example/org/Repo',
    'https://git.example/org/repo2',
    'file:///org/repo',
  ]
  t.equal(new Set([...others, 'https://git.example/org/repo'].map(repositoryKey)).size, 5)
  t.end()
})

t.test('A10 what settings allow', t => {
  const strict = { allowFile: false, allowHttp: false }
  const open = { allowFile: true, allowHttp: true }
  for (const url of ['https://git.example/r', 'ssh://git@git.example:2222/~user/r.git', 'https://[::1]:8443/r'])
    t.equal(checkRepositoryUrl(url, strict).href, url)
  for (const url of ['http://git.example/r', 'file:///srv/r.git']) {
    t.equal(reasonOf(url, strict), 'HostDenied', url)
    t.equal(checkRepositoryUrl(url, open).href, url)
  }
  for (const url of [
    'ftp://git.example/r',
    'javascript:alert(1)',
    'ssh://git.example',
    'ssh://a%20b@git.example/r',
    'https://git.example/r#x',
    'https://git.example/%ff%',
    'https://git.example/a%0ab',
    'https://git.example/%2d-x',
  ])
    t.equal(reasonOf(url, open), 'UrlInvalid', url)
  t.end()
})

function reasonOf(url: string, rules: Parameters<typeof checkRepositoryUrl>[1]): string | undefined {
  try {
    checkRepositoryUrl(url, rules)
    return undefined
  } catch (error) {
    return error instanceof Failure ? error.reason : String(error)
  }
}
