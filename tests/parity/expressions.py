"""Expressions, one a line, that come to the same in mplay and in Ansible."""

from __future__ import annotations

EQUAL = r"""
one + 1
nothing
'5'
'[1, 2]'
'a' ~ nothing ~ one
missing | default('x')
missing.deeper | default('x')
empty | default('x')
empty | default('x', true)
nothing | d('x', boolean=true)
one | mandatory
deep | combine(other)
deep | combine(other, recursive=true)
deep | combine(other, recursive=true, list_merge='append')
deep | combine(other, recursive=true, list_merge='prepend')
deep | combine(other, recursive=true, list_merge='append_rp')
deep | combine(other, recursive=true, list_merge='prepend_rp')
deep | combine(other, recursive=true, list_merge='keep')
deep | combine(other, list_merge='append')
[deep, other, {'d': 1}] | combine
{} | combine(deep)
host | dict2items
host | dict2items(key_name='k', value_name='v')
[{'key': 'a', 'value': 1}, {'key': 'a', 'value': 2}] | items2dict
[{'k': 'a', 'v': 1}] | items2dict('k', 'v')
users | subelements('groups')
users | subelements('keys.ssh')
users | subelements(['keys', 'ssh'])
odd | subelements('groups', skip_missing=true)
{'a': {'l': [1]}, 'b': {'l': [2]}} | subelements('l')
nested | flatten
nested | flatten(levels=1)
nested | flatten(skip_nulls=false)
words | unique
words | unique(case_sensitive=true)
users | unique
users | map(attribute='name') | list
users | map(attribute='keys.ssh') | flatten
users | map(attribute='missing', default='-') | list
users | selectattr('groups') | map(attribute='name') | list
users | selectattr('name', 'match', 'a') | list
users | rejectattr('name', 'equalto', 'bob') | map(attribute='name') | list
users | selectattr('groups', 'contains', 'db') | map(attribute='name') | list
words | select('in', ['a']) | list
words | reject('search', '[A-Z]') | list
words | map('regex_replace', '^', 'x-') | list
words | map('ansible.builtin.upper') | list
words | zip(numbers) | list
words | zip_longest(numbers + [9], fillvalue='-') | list
words | product(numbers) | list | length
[1, 2] | product([3], [4, 5]) | list
[1, 2, 3] | permutations(2) | list
[1, 2, 3] | permutations | list
[1, 2, 3] | combinations(2) | list
'name' | extract(host)
'a' | extract(deep, 'x')
'a\b' | regex_escape
'C:\dir' ~ "\t"
"a" ~ '\\' ~ "b"
['a'] | map('extract', deep, ['l', 0]) | list
users | rekey_on_member('name')
{'a': {'n': 1}, 'b': {'n': 1}} | rekey_on_member('n', duplicates='overwrite')
words | join(',')
[1, 'a', none] | join('-')
users | join(',', attribute='name')
words | sort
words | sort(case_sensitive=true, reverse=true)
users | sort(attribute='name', reverse=true) | map(attribute='name') | list
users | groupby('name') | map('first') | list
host | dictsort | list
numbers | min
numbers | max
numbers | sum
[[1, 2], [3]] | sum(start=[])
numbers | batch(2) | list
numbers | slice(2) | list
words | first ~ words | last
words | reverse | list
'abc' | reverse
words | length
said | to_json
said | to_json(ensure_ascii=false)
deep | to_json
{'b': 1, 'a': 2} | to_json
{'b': 1, 'a': 2} | to_json(sort_keys=true)
{'b': 1, 'a': 2} | to_json(indent=2)
{'b': 1, 'a': [1, 2]} | to_json(separators=[',', ':'])
deep | to_nice_json
deep | to_nice_json(indent=2)
{'b': 1, 'a': {}} | to_nice_json(sort_keys=false)
said | tojson
deep | tojson
deep | to_yaml
deep | to_nice_yaml
other | to_nice_yaml(indent=2)
other | to_nice_yaml(sort_keys=false, explicit_start=true)
{'b': 1, 'a': 2} | to_yaml(sort_keys=false)
[] | to_yaml
said | to_yaml
'yes' | to_yaml
'5' | to_nice_yaml
one | to_yaml
nothing | to_yaml
{'t': 'a long text ' * 12} | to_nice_yaml
{'t': 'a long text ' * 12} | to_nice_yaml(width=1000)
{'t': 'two\nlines\n'} | to_nice_yaml
users | to_nice_yaml(indent=2)
'{"a": [1, 2.5, null, true]}' | from_json
'[1, "ü"]' | from_json
'a: [1, x, yes, ~, 0644, 1.5]\nb: {c: "d"}' | from_yaml
'- a\n- b\n' | from_yaml
'just words' | from_yaml
'' | from_yaml
'ünï' | b64encode
'ünï' | b64encode('utf-16-le')
'??>>' | b64encode(urlsafe=true)
'w7xuw68=' | b64decode
'w7xu\nw68=\n' | b64decode
'Pz8-Pg==' | b64decode(urlsafe=true)
'YQBiAA==' | b64decode(encoding='utf-16-le')
'ünï' | hash
'a' | hash('sha256')
'a' | hash('md5')
'a' | hash('sha512')
'a' | checksum
'a' | sha1
'a' | md5
'web1' | to_uuid
'web1' | to_uuid(namespace='11111111-2222-3333-4444-555555555555')
'a%20b+c' | urldecode
'a b/c?d=ü' | urlencode
{'a': 'b c', 'd': 1} | urlencode
url | urlsplit('hostname')
url | urlsplit('port')
url | urlsplit('query')
url | urlsplit
'foo.bar' | regex_replace('^(\w+)\.', '\1-')
'Foo foo' | regex_replace('foo', 'x', ignorecase=true)
'a\nb' | regex_replace('^', '> ', multiline=true)
'aaa' | regex_replace('a', 'b', count=2)
'aaa' | regex_replace('a', 'b', mandatory_count=3)
'ab' | regex_replace('(?P<x>a)', '[\g<x>]')
5 | regex_replace('5', '6')
'abc' | regex_search('b.')
'abc' | regex_search('x')
'key=val' | regex_search('(\w+)=(\w+)', '\2', '\1')
'key=val' | regex_search('(?P<v>=\w+)', '\g<v>')
'ABC' | regex_search('b', ignorecase=true)
'a1b22' | regex_findall('[0-9]+')
'a=1,b=2' | regex_findall('(\w)=(\d)')
'a\nB' | regex_findall('^.', multiline=true)
'^a.b$*(c)' | regex_escape
'^a.b$*[c]' | regex_escape('posix_basic')
'yes' | bool
'No' | bool
'ON' | bool
'0' | bool
1 | bool
true | bool
'7' | int + 1
'x' | int(5)
'0x1f' | int(base=16)
'1.5' | float
1.567 | round(1)
7 | string
3.0 | type_debug
'a' | type_debug
words | type_debug
host | type_debug
nothing | type_debug
true | type_debug
"a b" | quote
"" | quote
nothing | quote
"it's" | quote
true | ternary('y', 'n')
nothing | ternary('y', 'n', 'none')
nothing | ternary('y', 'n')
'a,b,,c' | split(',')
' a  b ' | split
'a,b,c' | split(',', 1)
'two\nlines\n\nmore' | comment
'two\nlines' | comment('c')
'two\nlines' | comment('cblock')
'two' | comment('xml')
'two' | comment('erlang')
'two' | comment('plain', prefix='###', postfix='###')
'two\n\nx' | comment(decoration='! ', prefix_count=2, postfix_count=0)
'two' | comment('plain', prefix='\n', postfix='', end='--')
'two' | comment(beginning='/**', end='*/', decoration=' ')
1024 | human_readable
1536 | human_readable
0 | human_readable
10 | human_readable
1572864 | human_readable(unit='K')
1048576 | human_readable(isbits=true)
1048576 | human_readable(isbits=true, unit='G')
123456789012 | human_readable
'10K' | human_to_bytes
'1.5 GB' | human_to_bytes
'10' | human_to_bytes
'10' | human_to_bytes('M')
'2kilobyte' | human_to_bytes
'7b' | human_to_bytes
'1Mb' | human_to_bytes(isbits=true)
8 | log(2)
100 | log(10)
1 | log
2 | pow(10)
9 | root
27 | root(3)
5 | random(seed='web1')
['a', 'b', 'c'] | random(seed='web2')
100 | random(start=10, step=5, seed='x')
numbers | shuffle(seed='web1')
path | basename
path | dirname
path | splitext
'/a/../b//c/.' | normpath
['/a', 'b', 'c.d'] | path_join
['/a', '/b'] | path_join
'x' | path_join
['/a/b/c', '/a/b/d'] | commonpath
'/a/b' | relpath('/a/c')
'/a/b' | ansible.builtin.basename
'%Y-%m-%dT%H:%M:%S' | strftime(0, utc=true)
'%Y-%m-%d' | strftime(1700000000.5)
'%j %A' | strftime('1700000000')
('2024-03-02 10:00:00' | to_datetime - '2024-02-28 09:00:00' | to_datetime).days
('2024-03-02 10:00:00' | to_datetime - '2024-03-02' | to_datetime('%Y-%m-%d')).total_seconds()
('2024-03-02' | to_datetime('%Y-%m-%d')).strftime('%d.%m.%Y')
('2024-03-02' | to_datetime('%Y-%m-%d')).year
said | upper
said | title
said | capitalize
said | trim
said | indent(2)
said | indent(2, true)
said | wordcount
said | wordwrap(5)
said | truncate(8)
said | center(60)
said | replace('b', 'c')
'%s-%03d' | format('a', 7)
'%s-%03d' % ('a', 7)
1500000 | filesizeformat
1500000 | filesizeformat(true)
words | list | string
[1, 2] == [1, 2] and one in numbers
greeting
words[0] ~ host['port'] ~ host.tags[1]
words | items | list if false else 'x'
{'a': 1} | items | list
range(3) | list
range(10, 0, -3) | list
'web1' is match('web')
'web1' is match('eb')
'web1' is search('EB', ignorecase=true)
'web1' is regex('^web\d$')
'web1' is regex('eb', match_type='match')
'a\nb' is search('^b', multiline=true)
'1.10' is version('1.9', '>')
'1.10.0' is version('1.10', '==')
'1.10' is version('1.10', 'ge')
'12.04' is version_compare('12.10', '<')
'2.0b1' is version('2.0', 'lt')
'1.0.0-rc.1' is version('1.0.0', 'lt', version_type='semver')
'1.0.0-rc.1' is version('1.0.0-rc.11', '<', version_type='semver')
'1.0.0-1' is version('1.0.0-a', '<', version_type='semantic')
'1.0.0+a' is version('1.0.0', '==', version_type='semver')
'1.2a1' is version('1.2', '<', strict=true)
'1.2' is version('1.2.0', '!=', version_type='strict')
'1:2.3-4' is version('1:2.3-5', '<')
[1, 2] is subset([1, 2, 3])
[1, 4] is issubset([1, 2, 3])
[1, 2, 3] is superset([1])
[1] is issuperset([1, 2])
[1, 2] is contains(2)
'abc' is contains('b')
[true, 1] is all
[false, 0] is any
[] is all
'x' is truthy
'no' is truthy
'no' is truthy(convert_bool=true)
'yes' is falsy(convert_bool=true)
'' is falsy
result is changed
result is change
result is succeeded
result is success
result is failed
bad is failure
bad is successful
bad is skipped
bad is skip
bad is unreachable
result is reachable
missing is defined
host.name is defined
host.missing is undefined
nothing is none
one is number
one is integer
1.5 is float
'a' is string
words is sequence
host is mapping
words is iterable
4 is even
4 is divisibleby(2)
'a' is lower
one is eq(1)
one is ge 2
'a' is in words
'x' is sameas 'x'
true is true
1.5 is nan
'/a' is abs
'a' is is_abs
'https://a/b' is url
'https://a/b' is url(schemes=['ftp'])
'mailto:x@y' is uri
'a b' is url
'urn:isbn:1' is urn
lookup('env', 'GREETING')
lookup('env', 'NOT_THERE')
lookup('env', 'NOT_THERE', default='x')
query('env', 'GREETING', 'NOT_THERE')
lookup('file', 'hello.txt')
lookup('file', 'hello.txt', rstrip=false)
lookup('file', 'spaced.txt', lstrip=true)
lookup('file', 'hello.txt', 'spaced.txt')
query('file', 'hello.txt', 'spaced.txt')
lookup('ansible.builtin.file', 'hello.txt', wantlist=true)
lookup('file', 'none.txt', errors='ignore')
query('file', 'none.txt', errors='ignore')
lookup('template', 'greet.j2')
lookup('template', 'greet.j2', template_vars={'host': {'name': 'db1'}})
lookup('template', 'number.j2')
lookup('vars', 'one')
lookup('vars', 'gree' ~ 'ting')
lookup('vars', 'missing', default='x')
query('vars', 'one', 'empty')
lookup('vars', 'host').port
query('varnames', '^n.+s$') | sort
lookup('varnames', 'host$')
lookup('dict', {'a': 1})
query('dict', {'a': 1, 'b': [2]})
lookup('items', [1, [2]], 3)
query('items', words)
query('list', [1, [2]], 3)
query('indexed_items', words)
query('nested', ['a', 'b'], [1, 2])
query('nested', ['a'], [[1, 2]], 'c')
query('together', ['a', 'b'], [1])
query('subelements', users, 'groups')
query('subelements', users, 'keys.ssh')
query('subelements', odd, 'groups', {'skip_missing': true})
lookup('sequence', 'start=1 end=3')
query('sequence', '4:host%02d')
query('sequence', '5-8')
query('sequence', '2-10/2')
query('sequence', 'start=3840 count=4 format=%04x')
query('sequence', 'start=0 count=5 stride=2')
query('sequence', 'start=10 end=0 stride=-5')
query('sequence', 'count=0')
query('sequence', start=1, end=3)
query('sequence', '010')
q('fileglob', '*.txt') | map('basename') | sort
lookup('first_found', [folder ~ '/none.txt', folder ~ '/files/hello.txt'])
lookup('first_found', files=['none.txt', 'hello.txt'], paths=[folder ~ '/files'])
lookup('first_found', {'files': ['hello.txt'], 'paths': [folder ~ '/files']})
query('first_found', ['none.txt'], skip=true)
undef() | default('x')
"""
