"""The parameters a job run is started with."""

import shlex
from itertools import pairwise

import pytest

from infra.constructs.spark_submit import spark_submit_parameters
from shared.config import environment_names, load_environment
from shared.spark import DELTA_CONFS


def confs(env):
    text = spark_submit_parameters(
        env,
        jobs_url="s3://assets/j.zip",
        environment_url="s3://assets/e.tgz",
        jar_urls=["s3://assets/1.jar", "s3://assets/2.jar"],
        region="eu-west-1",
    )
    words = shlex.split(text)
    pairs = [value.partition("=") for word, value in pairwise(words) if word == "--conf"]
    assert 2 * len(pairs) == len(words), "every word is a --conf or its value"
    return {name: value for name, _, value in pairs}


@pytest.fixture
def given():
    return confs(load_environment("prod"))


def test_executors_have_an_end_and_start_small(given):
    assert ("true", "2", "1", "1") == (
        given["spark.dynamicAllocation.enabled"],
        given["spark.dynamicAllocation.maxExecutors"],
        given["spark.dynamicAllocation.initialExecutors"],
        given["spark.executor.instances"],
    )


def test_code_and_packages_are_unpacked_where_driver_and_executors_look(given):
    python_path = "./code:./environment/lib/python3.11/site-packages"

    assert "s3://assets/j.zip#code,s3://assets/e.tgz#environment" == given["spark.archives"]
    assert python_path == given["spark.emr-serverless.driverEnv.PYTHONPATH"]
    assert python_path == given["spark.executorEnv.PYTHONPATH"]


def test_delta_is_on_and_no_metastore(given):
    assert DELTA_CONFS == {name: given[name] for name in DELTA_CONFS}
    assert "delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar" in given["spark.jars"]


def test_jars_the_image_lacks_come_from_the_assets_and_none_from_a_repository(given):
    assert ["s3://assets/1.jar", "s3://assets/2.jar"] == given["spark.jars"].split(",")[2:]
    assert {"spark.jars.packages", "spark.jars.repositories"}.isdisjoint(given)


def test_master_is_left_to_emr(given):
    assert "spark.master" not in given


@pytest.mark.parametrize("name", environment_names())
def test_job_run_of_full_size_fits_the_application(name):
    spark = load_environment(name).spark
    vcpu = spark.driver.cores + spark.max_executors * spark.executor.cores
    # Spark adds a tenth of overhead, and EMR rounds up to its grid, of 1 GB for these sizes.
    memory = sum(-(-size.memory_gb * 11 // 10) for size in [spark.driver, *[spark.executor] * spark.max_executors])

    assert vcpu <= spark.maximum_vcpu
    assert memory <= spark.maximum_memory_gb
