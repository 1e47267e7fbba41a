import { expect, test } from 'vitest';
import { silentLogger } from '#base/logger.ts';
import { FakeHost } from '#host/doctor/fake-host.ts';
import { Fault } from '#model/fault.ts';
import { checkHost } from './check-host.ts';

/** A logger that remembers its warnings. */
function listening() {
  const warnings: string[] = [];
  const warn = (_: object, message: string) => void warnings.push(message);
  return { warnings, logger: { ...silentLogger, warn } };
}

test('on a host on which all is well the daemon starts without a word', async () => {
  const { warnings, logger } = listening();
  await checkHost(new FakeHost(), logger);
  expect(warnings).toEqual([]);
});

test('everything without which the daemon cannot start is refused in one message', async () => {
  const host = new FakeHost();
  host.find = (name) => {
    if (name !== 'nft' && name !== 'dnsmasq') return `/usr/bin/${name}`;
    throw new Fault('unsupported', `The program ${name} is not installed on this host`, {
      hint: `Install it: apt-get install ${name}`,
    });
  };
  await expect(checkHost(host, silentLogger)).rejects.toMatchObject({
    code: 'unsupported',
    message:
      'This host lacks what the daemon needs: The program nft is not installed on this host; The program dnsmasq is not installed on this host',
    hint: 'apt-get install nft && apt-get install dnsmasq. wadah doctor shows all that is wrong with this host.',
  });
});

test('what can be mended while the daemon runs is in its log, in the doctor’s words', async () => {
  const { warnings, logger } = listening();
  const host = new FakeHost();
  host.files.delete('/dev/net/tun');
  host.files.delete('/dev/vhost-net'); // good to know only
  await checkHost(host, logger);
  expect(warnings).toEqual(['There is no /dev/net/tun. Virtual machines do not start with a network card.']);
});
