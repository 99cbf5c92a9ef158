import { expect, it } from 'vitest';
import { SERVICES, serviceName, servicePort } from '../src/services.js';

it('every service name has a port, and the name of that port has the same port', () => {
  for (const name of SERVICES) expect(servicePort(serviceName(servicePort(name)!)!)).toBe(servicePort(name));
  expect(serviceName(443)).toBe('https');
  expect(serviceName(53)).toBe('domain');
  expect(serviceName(2)).toBeUndefined();
});
