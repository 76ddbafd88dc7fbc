// Every Alpine component by the name that x-data gives it.
import schedule from "./schedule.js";

export function register(Alpine) {
  Alpine.data("schedule", schedule);
}
