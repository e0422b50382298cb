"""A job runner that runs nothing: it writes what a job would, and records its requests."""

from scripts.local.job_runs import JobResult
from shared.jobs import Colour, Job
from shared.jobs import Status as TableStatus
from shared.names import summary_location
from shared.summaries import StepSummary


class Teller:
    """Writes the summary of a job without running it; or crashes, or writes nothing, as configured per step.

    It is configured by a word, or by a function that returns one for the job.
    """

    parallel = 1

    def __init__(self, root):
        self.root, self.behaviour, self.jobs = root, {}, []

    def run(self, job_run):
        job = Job.model_validate_json(job_run.arguments[1])
        self.jobs.append(job)
        told = self.behaviour.get(job.step, "well")
        behaviour = told(job) if callable(told) else told
        if behaviour == "crash":
            return JobResult(1, "the driver is gone")
        if behaviour != "silent":
            self._leave(job, (f"bronze.x: {job.step} failed",) if behaviour == "fail" else ())
        return JobResult(0)

    def _leave(self, job, failures):
        summary = StepSummary(
            run_id=job.run_id,
            step=job.step,
            attempt=job.attempt,
            colour=Colour.RED if failures else Colour.GREEN,
            tables={TableStatus.SUCCEEDED: 1, TableStatus.FAILED: len(failures)},
            failures=failures,
        )
        path = self.root / summary_location("", job.run_id, job.step, job.attempt).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(summary.model_dump_json())

    def cancel(self, job_run_id):
        pass

    @property
    def steps(self):
        return [job.step for job in self.jobs]
