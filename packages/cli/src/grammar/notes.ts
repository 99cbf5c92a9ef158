/** Texts that follow the options in the help. */
export const FILTER_NOTES = `
A filter is one or several words, or one expression; 'ctctl fields' lists the fields:
  ctctl list proto=tcp state=ESTABLISHED dport=80,443
  ctctl list 'proto == tcp and dport in {80, 443} and not src in 10.0.0.0/8'
  ctctl list -p tcp --dport 443 -s 10.0.0.0/8`;

/** For verbs whose options of the same names as filters set values. */
export const SETTING_NOTES = `
Here -m, -u and -l set values. To select entries by them, write mark=…, status=… or label=…`;

export const EXIT_NOTES = `
Exit codes:
  0  success
  1  the operation failed
  2  the command line, a filter or a capture is invalid
  3  nothing was found to get, update or delete`;
