// Time zones whose clocks do what clocks rarely do.

export const ZONES = [
  'UTC',
  'Asia/Seoul',
  // Offsets of three quarters and of half an hour.
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Pacific/Chatham',
  // Clocks go back by half an hour.
  'Australia/Lord_Howe',
  // Clocks change at midnight, so that a day begins at 1:00 or twice.
  'America/Sao_Paulo',
  'America/Havana',
  'Asia/Beirut',
  // It skipped the 30th of December 2011.
  'Pacific/Apia',
  'America/St_Johns',
  'Europe/Berlin',
] as const;
