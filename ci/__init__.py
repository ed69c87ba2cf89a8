"""What pipelines run on pull requests and after a merge, on GitHub and on GitLab. Standard library only."""
